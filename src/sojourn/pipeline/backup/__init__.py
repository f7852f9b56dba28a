"""Backups: the state of a moment, copied while events keep coming, and put back into a new folder.

A backup is a folder, or one .tar file with the same in it:

    moments/20260429T101432.000Z.json       what a moment consists of
    parts/<table>/<part>-<id>/…             the files of a part of a table, and files.json with their checksums

Parts never change, so later moments share them; `<id>` is derived from what the part holds.
"""
