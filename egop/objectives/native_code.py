"""The source of a formula's kernel → native code, which is freed with the kernel.

numba takes 0.1 to 2.5 seconds for the kernel of a formula, and what it has compiled stays in memory
until the process ends, 0.4 MB for each. A formula's kernel is straight-line arithmetic, so each
operation of its source becomes one instruction or call of LLVM here, in the same order: that takes
5 ms for a short formula and 0.1 s for the longest, and gives the same bits. Each kernel has an
engine and a context of its own, which hold all that was made for it. LLVM's optimizing passes are
left out: they gain nothing in such code, and each use of them keeps 74 kB.
"""

import ast
import math
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

NUMBER, INDEX = ir.DoubleType(), ir.IntType(64)
NUMBERS = NUMBER.as_pointer()
KERNEL = ir.FunctionType(NUMBER, [NUMBERS, INDEX, NUMBERS, NUMBERS])
"""The type of `kernel(data, dim, point, gradient) -> value`."""

LOG_2 = 0.6931471805599453

OPERATORS = {
    ast.Add: "fadd",
    ast.Sub: "fsub",
    ast.Mult: "fmul",
    ast.Div: "fdiv",
    ast.BitAnd: "and_",
}
"""The instruction of each operator of Python, by its name in `ir.IRBuilder`."""

CALLED = {
    "abs": "llvm.fabs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctanh": "atanh",
    "ceil": "llvm.ceil",
    "cos": "cos",
    "cosh": "cosh",
    "exp": "exp",
    "expm1": "expm1",
    "floor": "llvm.floor",
    "log": "log",
    "log1p": "log1p",
    "rint": "llvm.rint",
    "sin": "sin",
    "sinh": "sinh",
    "sqrt": "llvm.sqrt",
    "tan": "tan",
    "tanh": "tanh",
}
"""Names in LLVM or the C library of numpy's functions of one number."""


class NativeCode:
    """A kernel in native code, until nothing refers to this object any more.

    Attributes:
        address: of a function of the type `egop.compilation.KERNEL_SIGNATURE`.

    Args:
        source: of `kernel`, as `egop.objectives.source` writes it.

    Raises:
        KeyError: something in it belongs to no kernel.
    """

    def __init__(self, source: str):
        _free_unused()
        context = llvm.create_context()
        module = llvm.parse_assembly(assembly(source), context)
        machine = _target().create_target_machine(opt=2, jit=True, **_processor())
        engine = llvm.create_mcjit_compiler(module, machine)
        engine.finalize_object()
        self.address: int = engine.get_function_address("kernel")
        # not when the process ends: a thread may still be at work in the code
        weakref.finalize(self, _unused.append, (engine, context)).atexit = False


_unused: deque[tuple[Any, Any]] = deque()
"""Engines and contexts of kernels that are gone.

They are freed before the next one is made, by its thread: whoever drops the last reference, such as
the event loop, would wait for LLVM's lock while others compile.
"""


def _free_unused() -> None:
    with suppress(IndexError):  # of an empty queue
        while True:
            engine, context = _unused.popleft()
            engine.close()  # first, since its module lies in the context
            context.close()


@cache
def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple()


@cache
def _processor() -> dict[str, str]:
    """The processor's name and instructions; empty, for any of its kind, where nobody knows."""
    try:
        features = llvm.get_host_cpu_features().flatten()
    except RuntimeError:
        return {}
    return {"cpu": llvm.get_host_cpu_name(), "features": features}


def assembly(source: str) -> str:
    """A kernel in LLVM's assembly language."""
    return str(_Translation(source).module)


class _Translation(ast.NodeVisitor):
    """A module of LLVM with the instructions of a kernel, in the order of its source.

    Each visit of an expression returns its value, of a comparison one bit.
    """

    def __init__(self, source: str):
        self.module = ir.Module()
        self.module.triple = llvm.get_process_triple()
        self._known: dict[str, Any] = {}
        self.visit(*ast.parse(source).body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        kernel = ir.Function(self.module, KERNEL, node.name)
        names = [argument.arg for argument in node.args.args]
        self._known.update(zip(names, kernel.args, strict=True))
        self._build = ir.IRBuilder(kernel.append_basic_block())
        for statement in node.body:
            self.visit(statement)

    def visit_Return(self, node: Any) -> None:
        self._build.ret(self.visit(node.value))

    def visit_Assign(self, node: Any) -> None:
        value, (target,) = self.visit(node.value), node.targets
        if isinstance(target, ast.Name):
            self._known[target.id] = value
        else:
            self._build.store(value, self._place(target))

    def _place(self, item: Any) -> Any:
        """The address of an item of an argument."""
        return self._build.gep(self._known[item.value.id], [INDEX(item.slice.value)])

    def visit_Subscript(self, node: Any) -> Any:
        return self._build.load(self._place(node))

    def visit_Name(self, node: Any) -> Any:
        return self._known[node.id]

    def visit_Constant(self, node: Any) -> Any:
        return NUMBER(node.value)

    def visit_Attribute(self, node: Any) -> Any:
        return NUMBER({"inf": math.inf}[node.attr])

    def visit_UnaryOp(self, node: Any) -> Any:
        return {ast.USub: self._build.fneg}[type(node.op)](self.visit(node.operand))

    def visit_BinOp(self, node: Any) -> Any:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Pow):
            power = self.module.declare_intrinsic("llvm.pow", [NUMBER])
            return self._build.call(power, [left, right])
        return getattr(self._build, OPERATORS[type(node.op)])(left, right)

    def visit_Compare(self, node: Any) -> Any:
        left, right = self.visit(node.left), self.visit(*node.comparators)
        (operator,) = node.ops
        if isinstance(operator, ast.NotEq):  # true of NaN
            return self._build.fcmp_unordered("!=", left, right)
        return self._build.fcmp_ordered({ast.Eq: "==", ast.Gt: ">"}[type(operator)], left, right)

    def visit_Call(self, node: Any) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        arguments = [self.visit(argument) for argument in node.args]
        if name in WRITTEN:
            return WRITTEN[name](self._build, *arguments)
        # another name is refused here: LLVM would end the process where it finds no such function
        return self._build.call(declared(self.module, CALLED[name]), arguments)

    def generic_visit(self, node: ast.AST) -> Any:
        raise KeyError(ast.unparse(node))


def declared(module: ir.Module, name: str) -> Any:
    """A function of one number, of LLVM or of the C library."""
    if name.startswith("llvm."):
        return module.declare_intrinsic(name, [NUMBER])
    if name not in module.globals:
        ir.Function(module, ir.FunctionType(NUMBER, [NUMBER]), name)
    return module.globals[name]


def maximum(build: ir.IRBuilder, x: Any, y: Any) -> Any:
    """The larger number; NaN if one is."""
    return _one_of(build, build.fcmp_ordered(">=", x, y), x, y)


def minimum(build: ir.IRBuilder, x: Any, y: Any) -> Any:
    """The smaller number; NaN if one is."""
    return _one_of(build, build.fcmp_ordered("<=", x, y), x, y)


def _one_of(build: ir.IRBuilder, first: Any, x: Any, y: Any) -> Any:
    """x if it is NaN or the first is to be taken, else y, which may be NaN."""
    undefined = build.fcmp_unordered("uno", x, x)
    return build.select(build.or_(first, undefined), x, y)


def sign(build: ir.IRBuilder, x: Any) -> Any:
    """−1, 0 or 1; NaN for NaN."""
    above = build.select(build.fcmp_ordered(">", x, NUMBER(0.0)), NUMBER(1.0), x)
    found = build.select(build.fcmp_ordered("<", x, NUMBER(0.0)), NUMBER(-1.0), above)
    return build.select(build.fcmp_ordered("==", x, NUMBER(0.0)), NUMBER(0.0), found)


def logaddexp(build: ir.IRBuilder, x: Any, y: Any) -> Any:
    """log(exp(x) + exp(y)), as numpy computes it; x + log(2) where both are equal, or infinite."""
    difference = build.fsub(x, y)
    positive = build.fcmp_ordered(">", difference, NUMBER(0.0))
    larger = build.select(positive, x, y)
    decay = build.select(positive, build.fneg(difference), difference)
    share = build.call(declared(build.module, "exp"), [decay])
    total = build.fadd(larger, build.call(declared(build.module, "log1p"), [share]))
    return build.select(build.fcmp_ordered("==", x, y), build.fadd(x, NUMBER(LOG_2)), total)


def choose(build: ir.IRBuilder, condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, else y."""
    return build.select(condition, x, y)


WRITTEN: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (maximum, minimum, sign, logaddexp, choose)
}
"""The functions that are a few instructions, by numpy's name, and `choose`."""
