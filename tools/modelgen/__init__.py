"""Reads schemas/, wsdl/ and tools/tables/, and writes the generated modules of ocpp_core."""
