"""Makes the documents in this folder, in our own words. See README.md."""

from datetime import date
from pathlib import Path

import docx
import openpyxl
from docx.oxml import OxmlElement
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas
from PIL import Image, ImageDraw
import reportlab

HERE = Path(__file__).parent
FONTS = Path(reportlab.__file__).parent / "fonts"


def manual_pdf():
    """Spanish with accents, in fonts of which only the letters that are used are kept."""
    pdfmetrics.registerFont(TTFont("Texto", FONTS / "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("Negrita", FONTS / "VeraBd.ttf"))
    page = canvas.Canvas(str(HERE / "manual.pdf"), pagesize=A4, invariant=True)
    bodies = [
        [
            ("Texto", 20, "Manual del taladro"),
            ("Texto", 14, "Uso seguro"),
            ("Texto", 10, "Lea este manual antes de usar el taladro. Guárdelo en un lugar seco y"),
            ("Texto", 10, "enséñeselo a quien más lo use en su casa."),
            ("Texto", 14, "Garantía"),
            ("Texto", 10, "La garantía cubre doce meses desde la compra, con la boleta."),
        ],
        [
            ("Negrita", 10, "¿Puedo cambiar el taladro si no me gusta?"),
            ("Texto", 10, "Sí, hasta quince días después de la compra, sin uso y en su caja."),
            ("Negrita", 10, "¿Cuánto cuesta el envío?"),
            ("Texto", 10, "Diez soles en Lima y dieciocho a provincias."),
        ],
        [("Texto", 10, "Fabricado en el Perú por una empresa que no existe.")],
    ]
    for number, lines in enumerate(bodies, 1):
        page.setFont("Texto", 8)
        page.drawString(72, 800, "Ferretería El Clavo")
        height = 760
        for font, size, text in lines:
            height -= 30 if size > 10 or font == "Negrita" else 13
            page.setFont(font, size)
            page.drawString(72, height, text)
        page.setFont("Texto", 8)
        page.drawString(72, 40, f"Página {number} de {len(bodies)}")
        page.showPage()
    page.save()


def locked_pdf():
    writer = PdfWriter(clone_from=PdfReader(HERE / "manual.pdf"))
    writer.encrypt("secreto", algorithm="AES-256")
    writer.write(HERE / "locked.pdf")


def scanned_pdf():
    image = Image.new("1", (400, 100), 1)
    ImageDraw.Draw(image).text((20, 40), "Precio: 10 soles", fill=0)
    path = HERE / "scan.png"
    image.save(path)
    page = canvas.Canvas(str(HERE / "scanned.pdf"), pagesize=A4, invariant=True)
    page.drawImage(str(path), 72, 600)
    page.save()
    path.unlink()


def guide_docx():
    guide = docx.Document()
    guide.add_heading("Guía de la tienda", 0)
    guide.add_paragraph("Somos una ferretería de barrio.")
    guide.add_heading("Devoluciones", 1)
    guide.add_paragraph("Tiene treinta días, con estas condiciones:")
    guide.add_paragraph("con la boleta", style="List Bullet")
    guide.add_paragraph("sin uso", style="List Bullet")
    guide.add_heading("¿Puedo cambiar la talla?", 2)
    guide.add_paragraph("Sí, en cualquier tienda.")
    guide.add_paragraph("Hasta quince días.")
    guide.add_heading("Envíos", 1)
    outer = guide.add_table(rows=2, cols=2)
    outer.cell(0, 0).text, outer.cell(0, 1).text = "Zona", "Precio"
    outer.cell(1, 0).text = "Lima"
    inner = outer.cell(1, 1).add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "10 soles", "con IGV"
    guide.add_paragraph().add_run("¿Envían los domingos?").bold = True
    guide.add_paragraph("No, de lunes a sábado.")
    hidden = guide.add_paragraph().add_run("esto no se ve")
    hidden.font.hidden = True
    gone = guide.add_paragraph("Se paga al recibir.")
    deleted = OxmlElement("w:del")
    run = OxmlElement("w:r")
    text = OxmlElement("w:delText")
    text.text = "y esto se borró"
    run.append(text)
    deleted.append(run)
    gone._p.append(deleted)
    pairs = guide.add_table(rows=2, cols=2)
    pairs.cell(0, 0).text, pairs.cell(0, 1).text = "Pregunta", "Respuesta"
    pairs.cell(1, 0).text, pairs.cell(1, 1).text = "¿Aceptan Yape?", "Sí, y Plin."
    guide.save(HERE / "guide.docx")


def answers_xlsx():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Pagos"
    for row in [
        ["Ferretería El Clavo"],
        [],
        ["Tema", "Pregunta", "Respuesta"],
        [None, "¿Aceptan Yape?", "Sí, y Plin."],
        ["Cuotas", "¿Dan cuotas?", "Hasta doce, con tarjeta."],
        [None, None, "Los cheques tardan dos días."],
    ]:
        sheet.append(row)
    prices = book.create_sheet("Tarifas")
    prices.append(["Zona", "Precio", "Descuento", "Desde"])
    prices.append(["Lima", 10.5, 0.15, date(2026, 3, 1)])
    prices["B2"].number_format, prices["C2"].number_format = "0.00", "0%"
    portuguese = book.create_sheet("Brasil")
    portuguese.append(["pergunta", "resposta"])
    portuguese.append(["Vocês entregam em São Paulo?", "Não."])
    hidden = book.create_sheet("Costos")
    hidden.append(["pregunta", "respuesta"])
    hidden.append(["¿Cuánto nos cuesta?", "La mitad."])
    hidden.sheet_state = "hidden"
    book.save(HERE / "answers.xlsx")


manual_pdf()
locked_pdf()
scanned_pdf()
guide_docx()
answers_xlsx()
