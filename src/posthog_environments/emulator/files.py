"""Files that exports hold: small, but real ones that other programs open. The same table gives the same bytes."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from attrs import define

_COLOURS: Final = ((245, 78, 0), (29, 74, 255), (249, 189, 43))
_GIF: Final = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xf5\x4e\x00\xff\xff\xff"
    b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b"
)
_MP4: Final = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2\x00\x00\x00\x08mdat"
_WEBM: Final = b"\x1a\x45\xdf\xa3\x8b\x42\x82\x84webm\x42\x87\x81\x04"
_ZIP_TIME: Final = (2025, 7, 1, 12, 0, 0)


@define(frozen=True)
class Table:
    """What is exported: a title, names of columns, and rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def render_file(export_format: str, table: Table) -> bytes:
    """The file of this format."""
    match export_format:
        case "image/png":
            return _png(table)
        case "application/pdf":
            return _pdf(table)
        case "text/csv":
            return _csv(table)
        case "application/json":
            return _json(table)
        case "image/gif":
            return _GIF
        case "video/mp4":
            return _MP4
        case "video/webm":
            return _WEBM
        case _:
            return _xlsx(table)


def _json(table: Table) -> bytes:
    rows = [dict(zip(table.columns, row, strict=False)) for row in table.rows]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode(errors="replace")


def _csv(table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return text.getvalue().encode(errors="replace")


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _numbers(table: Table) -> list[float]:
    found = [
        float(value)
        for row in table.rows[:48]
        for value in row
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    return found or [1.0]


def _png(table: Table, width: int = 240, height: int = 120) -> bytes:
    """A bar chart of the table's numbers."""
    values = _numbers(table)
    largest = max(abs(value) for value in values) or 1.0
    bar = max(1, width // len(values))
    lines = bytearray()
    for y in range(height):
        lines.append(0)
        for x in range(width):
            place = x // bar
            filled = place < len(values) and (height - y) * largest <= abs(values[place]) * height
            lines += bytes(_COLOURS[place % 3] if filled and x % bar else (255, 255, 255))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(lines), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _pdf(table: Table) -> bytes:
    """One page of text."""
    lines = [table.title, "", *("   ".join(_cell(value) for value in row) for row in table.rows[:40])]
    shown = [
        line.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        for line in lines
    ]
    text = b"BT /F1 12 Tf 60 780 Td 16 TL " + b" ".join(b"(%b) Tj T*" % line for line in shown) + b" ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    content = bytearray(b"%PDF-1.4\n")
    offsets: list[int] = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    content += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(content)


_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _xlsx(table: Table) -> bytes:
    """A workbook with one sheet."""
    rows = "".join(
        f'<row r="{number}">{"".join(_xlsx_cell(value) for value in row)}</row>'
        for number, row in enumerate([table.columns, *table.rows], start=1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData></worksheet>',
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        for name, text in parts.items():
            target.writestr(zipfile.ZipInfo(name, _ZIP_TIME), (_XML + text).encode(errors="replace"))
    return archive.getvalue()


def _xlsx_cell(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"<c><v>{value}</v></c>"
    text = "".join(character for character in _cell(value) if character >= " " or character in "\t\n")
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
