"""Figures of the live scene: arrays in, one packet out; they compute nothing."""
