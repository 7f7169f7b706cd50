"""Texts that are stored and passed on in English, and shown in the language of who reads them.

A worker, beat and a command know no reader: what they write down is one of the sentences here, in
English, filled in. A page finds out which one it was. Knows no app.
"""
