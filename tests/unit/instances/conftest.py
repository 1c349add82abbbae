from tests.unit.parts import parts

__all__ = ["parts"]
