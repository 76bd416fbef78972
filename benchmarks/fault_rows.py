"""Faults that were made to happen: what people see, what is kept, and the tests that show it."""

from typing import NamedTuple


class Fault(NamedTuple):
    """Something that breaks.

    Attributes:
        what: breaks.
        seen: by people, in our words.
        sentence: that they read, as it stands in the code, without what is filled in; "" for none.
        kept: what is not lost.
        tests: FILE::NAME, below tests/.
    """

    what: str
    seen: str
    sentence: str
    kept: str
    tests: tuple[str, ...]


KILLED = (
    Fault(
        "The server is killed (kill −9)",
        "the page says it, and is loaded again when the server is back; runs are “interrupted”",
        "The connection is lost; what you set is kept here. Reconnecting …",
        "the scene, in the browser; every run, to its last checkpoint; the order of the line; "
        "no worker stays behind",
        (
            "execution/test_killed_server.py::test_a_server_that_is_killed_leaves_no_worker_and_the_next_one_goes_on",
            "execution/test_queue.py::test_what_was_running_when_the_process_died_comes_first_again",
            "execution/test_queue.py::test_the_line_is_the_same_after_a_restart",
            "experiments/test_killed.py::test_killed_before_a_write",
            "experiments/test_killed.py::test_killed_at_a_random_moment",
            "runs/test_run.py::test_a_process_that_dies_while_it_makes_a_run_leaves_none",
            "app/test_history.py::test_a_server_that_comes_back_shows_what_was_set",
        ),
    ),
    Fault(
        "A worker is killed (kill −9)",
        "nothing, or that the run waits for a worker",
        "waits for a worker",
        "the run, to its last checkpoint; another worker goes on to the same numbers",
        ("execution/test_driver.py::test_workers_that_are_killed_cost_nothing_but_time",),
    ),
    Fault(
        "Every worker that takes a piece is killed (too little memory)",
        "the run has failed",
        "died, so it may need more memory than there is",
        "what other pieces have computed",
        ("execution/test_driver.py::test_a_piece_whose_workers_all_die_is_given_up",),
    ),
    Fault(
        "A browser is killed (kill −9), or leaves within a message or an upload",
        "others: nothing",
        "",
        "runs go on without a page; the temporary file of an upload is removed",
        (
            "app/test_killed_browser.py::test_a_browser_that_is_killed_harms_nobody",
            "lab/test_upload.py::test_whoever_leaves_the_page_leaves_no_file",
            "benchmarks/test_fuzz.py::test_nothing_is_found_in_the_first_cases",
        ),
    ),
)
DISK = (
    Fault(
        "The disk is full while a run is computed",
        "the run has failed, with the remedy",
        "is full, so",
        "every file as it was before; the run goes on when it is continued",
        (
            "runs/test_run.py::test_a_full_disk_keeps_the_former_file_and_says_so",
            "execution/test_queue.py::test_what_fails_says_so_and_others_go_on",
            "execution/test_queue.py::test_a_full_disk_loses_no_news",
        ),
    ),
    Fault(
        "The disk is full when a run is begun, renamed, deleted or added",
        "a sentence beside the button",
        "so the run keeps the name it had",
        "the run and its name; nothing half made stays",
        (
            "runs/test_archive.py::test_a_full_disk_is_said_and_nothing_lost",
            "runs/test_archive.py::test_what_cannot_be_deleted_leaves_nothing_behind",
            "runs/test_run.py::test_a_manifest_that_cannot_be_written_leaves_no_folder",
            "runs/test_importing.py::test_a_full_disk_leaves_nothing_behind",
            "lab/test_changing.py::test_a_full_disk_keeps_the_name",
            "lab/test_upload.py::test_a_full_disk_is_said",
        ),
    ),
    Fault(
        "The disk is full while a data set is downloaded",
        "a sentence beside the download",
        "the disk is full",
        "the files that are whole; the others are downloaded anew",
        ("networks/test_downloads.py::test_a_full_disk_is_said_and_whole_files_stay",),
    ),
    Fault(
        "The disk of temporary files is full",
        "a page that comes uncompressed",
        "",
        "everything",
        (
            "page/test_compression.py::TestFiles::test_a_full_disk_makes_the_page_larger_and_nothing_else",
        ),
    ),
    Fault(
        "A visitor's file would fill the disk, or the archive",
        "a sentence beside the button",
        "disk has no room for a file of",
        "everything; another file is taken when something is deleted",
        (
            "page/test_limits_of_visitors.py::test_a_file_leaves_enough_of_the_disk_free",
            "page/test_limits_of_visitors.py::test_all_files_that_were_added_have_a_limit_until_some_are_deleted",
        ),
    ),
    Fault(
        "The disk is nearly full when a visitor starts or continues a run",
        "a sentence beside the button",
        "disk is nearly full; delete runs that nobody needs",
        "every run; those that were deleted over an hour ago are removed for good to make room",
        (
            "execution/test_queue.py::test_a_run_of_a_visitor_leaves_a_part_of_the_disk_free",
            "execution/test_queue.py::test_on_a_full_disk_runs_that_were_deleted_long_ago_are_removed",
        ),
    ),
    Fault(
        "No file is left to be opened, as connections that send nothing hold all",
        "nothing; those connections are closed after 20 seconds",
        "",
        "every page; others get in",
        (
            "page/test_connections.py::TestConnections::test_connections_on_which_no_request_comes_keep_nobody_out",
            "page/test_connections.py::test_there_are_fewer_connections_than_files_and_an_address_has_a_part",
        ),
    ),
    Fault(
        "The folder of runs is read-only",
        "runs are listed and read; each change is refused in a sentence; a run in line has failed",
        "cannot be written (",
        "every run; what had failed is continued when the folder can be written",
        (
            "runs/test_read_only.py::test_runs_are_listed_and_read",
            "runs/test_read_only.py::test_a_change_is_refused_in_one_sentence",
            "runs/test_read_only.py::test_a_run_in_line_says_that_it_cannot_be_written",
            "runs/test_read_only.py::test_a_run_is_continued_when_the_folder_can_be_written_again",
        ),
    ),
)
CLOCK = (
    Fault(
        "The clock is set back or years ahead",
        "dates by the clock; first come, first served all the same",
        "",
        "the order of the line, the time that a run took, deleted runs for seven days of the clock",
        (
            "runs/test_clock.py::test_first_come_first_served_whatever_the_clock_does",
            "runs/test_clock.py::test_a_deleted_run_comes_back_whatever_the_clock_says",
            "runs/test_clock.py::test_deleted_runs_are_kept_while_the_clock_is_set_back",
            "runs/test_clock.py::test_runs_of_the_future_are_listed",
            "execution/test_queue.py::test_who_comes_after_a_restart_is_not_before_those_who_waited",
        ),
    ),
    Fault(
        "The clock jumps by a day while runs are computed and pages are open",
        "nothing; runs end as they would have",
        "",
        "runs, to the same numbers; closed pages are freed in time",
        (
            "execution/test_driver.py::test_a_clock_that_jumps_costs_nothing_but_time",
            "execution/test_driver.py::test_silence_is_measured_by_our_clock",
            "page/test_periods.py::test_the_next_time_is_at_most_two_periods_away",
        ),
    ),
)
DAMAGED = (
    Fault(
        "config.json of a run is damaged, gone, or of another version",
        "a row of the list that says so; it can be deleted",
        "was not written by egop",
        "every other run",
        (
            "runs/test_archive.py::test_a_damaged_or_foreign_folder_is_an_entry_with_trouble",
            "runs/test_archive.py::test_what_nobody_foresaw_of_a_folder_is_logged_once_and_hides_no_other",
            "runs/test_run.py::test_what_is_no_run_of_this_egop_is_refused",
        ),
    ),
    Fault(
        "job.json or label.json is damaged",
        "the run without its label, or its place in the line",
        "",
        "the run",
        ("runs/test_archive.py::test_a_damaged_job_or_label_is_as_none",),
    ),
    Fault(
        "A note of progress in live/ is damaged",
        "nothing",
        "",
        "the run goes on",
        (
            "runs/test_run.py::test_a_damaged_note_of_progress_is_as_none",
            "runs/test_run.py::test_a_run_that_cannot_show_itself_goes_on",
        ),
    ),
    Fault(
        "A piece of a run is damaged",
        "a sentence that names the file",
        "is damaged",
        "the other pieces",
        ("runs/test_run.py::test_a_damaged_piece_says_which_file",),
    ),
    Fault(
        "A result is damaged",
        "a sentence in place of the figures; resuming the run makes it again from its pieces",
        "is damaged",
        "the pieces, and so the result",
        (
            "runs/test_run.py::test_a_damaged_result_is_made_again",
            "lab/test_run_detail.py::test_a_result_that_cannot_be_read_or_shown_is_said",
            "lab/test_run_detail.py::test_an_odd_result_is_said_and_the_others_are_shown",
            "runs/test_importing.py::test_what_is_damaged_or_foreign_is_not_taken_in",
        ),
    ),
    Fault(
        "A result is damaged so that its library reads for ever, or takes all memory",
        "a sentence after some seconds",
        "to be read",
        "the server and everybody's pages",
        (
            "runs/test_limited_reading.py::test_a_file_that_is_read_for_ever_is_refused_after_its_time",
            "runs/test_limited_reading.py::test_memory_beyond_the_limit_is_a_sentence",
            "runs/test_limited_reading.py::test_a_file_beyond_the_bounds_is_refused",
        ),
    ),
    Fault(
        "A data set is damaged or altered",
        "a sentence that names the file; it is downloaded again",
        "altered",
        "a good file is never replaced by a bad one",
        (
            "networks/test_data.py::test_an_altered_file_is_refused_rather_than_replaced_by_the_reduced_set",
            "networks/test_downloads.py::test_a_bad_file_stays_until_a_good_one_replaces_it",
            "networks/test_downloads.py::test_reading_names_what_is_missing_truncated_or_altered",
        ),
    ),
    Fault(
        "The cache of compiled code is damaged",
        "a first picture that takes longer",
        "",
        "everything; the cache is made anew",
        (
            "test_numba_cache.py::test_a_damaged_cache_is_made_anew",
            "test_numba_cache.py::test_a_folder_in_place_of_a_file_runs_uncached",
        ),
    ),
    Fault(
        "The cache of compiled code is not writable, or of an older version",
        "a first picture that takes longer",
        "",
        "everything; nothing stale is run",
        (
            "test_compilation.py::test_no_writable_place_at_all_runs_uncached",
            "test_compilation.py::test_an_edited_rule_is_not_run_from_the_cache",
        ),
    ),
)
OTHERS = (
    Fault(
        "Two servers have one folder of runs",
        "each shows all runs; one that the other server has in line is ended there",
        "is carried out by another process; end it there",
        "each run is carried out once; of two who delete one, the second is told",
        (
            "execution/test_queue.py::test_two_processes_do_not_carry_out_the_same_run",
            "execution/test_queue.py::test_a_run_of_another_process_is_left_to_it",
            "runs/test_run.py::test_two_processes_cannot_write_to_one_folder",
            "runs/test_archive.py::test_of_two_who_delete_a_run_one_is_told_that_it_is_gone",
        ),
    ),
    Fault(
        "The scheduler is gone while a run is computed",
        "the run has failed, with the remedy",
        "is gone; start it again and continue the run",
        "the run, to its last checkpoint",
        ("execution/test_driver.py::test_a_scheduler_that_is_gone_is_one_sentence",),
    ),
    Fault(
        "No scheduler answers, or it has no workers",
        "the run has failed, with the remedy; others go on when one answers",
        "no scheduler can be reached at",
        "the run",
        (
            "execution/test_cluster.py::test_a_scheduler_that_cannot_be_reached_is_one_sentence",
            "execution/test_cluster.py::test_a_scheduler_without_workers_is_one_sentence",
            "execution/test_queue.py::test_a_cluster_that_cannot_be_reached_fails_the_run_alone",
        ),
    ),
)  # fmt: skip
FAULTS = (*KILLED, *DISK, *CLOCK, *DAMAGED, *OTHERS)
