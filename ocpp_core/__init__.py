"""OCPP 1.2, 1.5, 1.6, 2.0, 2.0.1 and 2.1 as one typed message model, on both wires, without I/O."""
