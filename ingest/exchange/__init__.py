"""Signed and encrypted packages of changes between offices that share no network.

`keys` and `cards` say who an office is, `envelope` is the outside of a package (signature,
encryption), `contents` its inside (a Frictionless Data Package), `collect` what goes in, `pack` and
`opening` one run each, `merge_fields` and `merge_facts` what becomes of what came. Decision 0013.
"""
