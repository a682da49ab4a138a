"""Incidents in the words of the STIX incident extension suite (OASIS, version 2.0): read from both of its published
forms, written in the newer one."""
