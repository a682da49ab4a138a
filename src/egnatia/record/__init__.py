"""The language: STIX 2.1 records, their readings and their own additions. Pure: no clock, no I/O."""
