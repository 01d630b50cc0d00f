"""HTML of synthetic mails: the habits of what makes mails today, with colours, sizes and fonts by chance.

A document is made of the parts of a mail: title, lead (hidden text for lists), paragraphs, button, rows of a receipt,
footer. `make(dice, parts)` chooses a habit.
"""
import html as escape

import modern_people

FONTS = ("Arial, Helvetica, sans-serif", "Helvetica, Arial, sans-serif", "'Helvetica Neue', Helvetica, Arial, "
    "sans-serif",
    "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "-apple-system,BlinkMacSystemFont,&quot;Segoe UI&quot;,Roboto,&quot;Helvetica Neue&quot;,Ubuntu,sans-serif",
    "'Open Sans', Arial, sans-serif", "Roboto, Arial, sans-serif", "Georgia, 'Times New Roman', serif",
    "Verdana, Geneva, sans-serif", "Ubuntu, Helvetica, Arial, sans-serif",
    "'Lato', Tahoma, Verdana, Segoe, sans-serif")
COLOURS = ("#ffffff #000000 #333333 #666666 #999999 #f4f4f4 #f6f6f6 #f5f5f5 #f2f4f6 #f9f9f9 #eeeeee #e5e5e5 #dddddd "
    "#cccccc "
    "#222222 #51545e #555555 #0066cc #007bff #1a73e8 #3498db #2563eb #5469d4 #f97316 #e74c3c #22bc66 #28a745 "
    "#111827 "
    "#6b7280 #374151 #e5e7eb #f3f4f6 #202124 #212529 #0d6efd #fff #000 #333 #666 #999 #eee #ddd #ccc").split()
XHTML = ('<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
    '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">')
OFFICE = ('xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office"')
DPI = ("<!--[if gte mso 9]><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch>"
    "</o:OfficeDocumentSettings></xml><![endif]-->")
METAS = ('<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">', '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1.0">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta http-equiv="X-UA-Compatible" content="IE=edge">', '<meta name="x-apple-disable-message-reformatting">',
    '<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">',
    '<meta name="color-scheme" content="light dark">', '<meta name="supported-color-schemes" content="light '
    'dark">')
RESETS = (
    "body, table, td, a { -webkit-text-size-adjust: 100%; -ms-text-size-adjust: 100%; }",
    "table, td { mso-table-lspace: 0pt; mso-table-rspace: 0pt; }", "img { -ms-interpolation-mode: bicubic; }",
    "img { border: 0; height: auto; line-height: 100%; outline: none; text-decoration: none; }",
    "table { border-collapse: collapse !important; }",
    "body { height: 100% !important; margin: 0 !important; padding: 0 !important; width: 100% !important; }",
    "a[x-apple-data-detectors] { color: inherit !important; text-decoration: none !important; font-size: inherit "
    "!important; "
    "font-family: inherit !important; font-weight: inherit !important; line-height: inherit !important; }",
    "u + #body a { color: inherit; text-decoration: none; font-size: inherit; font-family: inherit; font-weight: "
    "inherit; line-height: inherit; }",
    "#MessageViewBody a { color: inherit; text-decoration: none; }", "#outlook a { padding: 0; }",
    ".ReadMsgBody { width: 100%; } .ExternalClass { width: 100%; }",
    ".ExternalClass, .ExternalClass p, .ExternalClass span, .ExternalClass font, .ExternalClass td, .ExternalClass "
    "div { line-height: 100%; }",
    "div[style*=\"margin: 16px 0;\"] { margin: 0 !important; }", "p { display: block; margin: 13px 0; }",
    "a { color: #0066cc; text-decoration: underline; }", "* { box-sizing: border-box; }",
    "h1, h2, h3, h4, h5, h6 { font-weight: normal; margin: 0; padding: 0; }",
    ":root { color-scheme: light dark; supported-color-schemes: light dark; }",
    "@import url('https://fonts.googleapis.com/css?family=Open+Sans:400,700|Roboto:400,700&display=swap');",
    "@media (prefers-color-scheme: dark) { body, .email-body, .email-content { background-color: #333333 !important; "
    "color: #ffffff !important; } }",
    )
MEDIA = (
    ".container { width: 100% !important; max-width: 100% !important; padding: 0 !important; }",
    ".content { padding: 20px !important; }", ".full-width { width: 100% !important; }",
    ".button { width: 100% !important; }",
    "table[class=body] h1 { font-size: 28px !important; margin-bottom: 10px !important; }",
    ".stack-column, .stack-column-center { display: block !important; width: 100% !important; max-width: 100% "
    "!important; direction: ltr !important; }",
    ".mobile_hide { display: none; } .desktop_hide, .desktop_hide table { display: table !important; max-height: "
    "none !important; }",
    ".row-content { width: 100% !important; } .stack .column { width: 100%; display: block; }",
    "img.fluid { width: 100% !important; max-width: 100% !important; height: auto !important; margin-left: auto "
    "!important; margin-right: auto !important; }",
    ".hide-mobile { display: none !important; }", "h1 { font-size: 24px !important; line-height: 32px !important; }",
    "#templateHeader, #templateBody, #templateFooter { max-width: 600px !important; width: 100% !important; }",
    "td.mcnTextContent, .mcnBoxedTextContentColumn { padding-right: 18px !important; padding-left: 18px !important; }",
    ".mj-column-per-100 { width: 100% !important; max-width: 100%; } .mj-column-per-50 { width: 50% !important; "
    "max-width: 50%; }",
    "table.mj-full-width-mobile { width: 100% !important; } td.mj-full-width-mobile { width: auto !important; }",
    ".u-row { width: 100% !important; } .u-row .u-col { display: block !important; width: 100% !important; "
    "min-width: 320px !important; max-width: 100% !important; }",
    )


class Style:
    """One mail's choices, and how its tool writes CSS: with or without spaces, with or without a last semicolon."""

    def __init__(self, dice):
        self.dice = dice
        self.font = dice.pick(FONTS)
        self.text, self.back, self.accent, self.grey = (dice.pick(COLOURS) for _ in range(4))
        self.width = dice.pick((600, 600, 600, 640, 580, 570, 650, 500, 480, 680))
        self.tight, self.end, self.newline = dice.often(0.5), dice.often(0.8), dice.pick(("\n", "\n", "\n", ""))
        self.close = dice.pick((">", ">", " />", "/>"))
        self.size = dice.pick((14, 15, 16, 16))
        self.pad = dice.pick((10, 16, 20, 24, 25, 30, 32, 40))
        self.table = dice.pick((
                'role="presentation" border="0" cellpadding="0" cellspacing="0" width="100%"',
                'border="0" cellpadding="0" cellspacing="0" role="presentation" width="100%"',
                'align="center" border="0" cellpadding="0" cellspacing="0" width="100%"',
                'align="center" width="100%" border="0" cellPadding="0" cellSpacing="0" role="presentation"',
                'width="100%" cellpadding="0" cellspacing="0" role="presentation"',
                'cellspacing="0" cellpadding="0" border="0" width="100%"'))

    def css(self, **values):
        pairs = [name.replace("_", "-") + (":" if self.tight else ": ") + str(value) for name, value in values.items()]
        return (";" if self.tight else "; ").join(pairs) + (";" if self.end else "")

    def letters(self, size=0, color=""):
        size = size or self.size
        values = dict(font_family=self.font, font_size=f"{size}px", line_height=self.dice.pick(("1.5", "24px", "22px",
                "1.6", "150%", "1.4")),
            color=color or self.text)
        if self.dice.often(0.3):
            values["text_align"] = self.dice.pick(("left", "center"))
        if self.dice.often(0.2):
            values["mso_line_height_rule"] = "exactly"
        if self.dice.often(0.3):
            values = dict(margin=self.dice.pick(("0", "0 0 16px", "0 0 20px", "16px 0", ".4em 0 1.1875em")), **values)
        return self.css(**values)

    def image(self, domain, width, alt):
        dice = self.dice
        source = dice.pick((f"https://{domain}/images/logo.png", f"https://cdn.{domain}/email/{dice.hex(8)}/logo@2x.p"
                f"ng",
                f"https://mcusercontent.com/{dice.hex(25)}/images/{dice.hex(8)}-{dice.hex(4)}.png",
                f"https://d{dice.text('abcdefghijklmnop0123456789', 13)}.cloudfront.net/{dice.hex(12)}.jp"
                f"g"))
        style = self.css(display="block", outline="none", border="none", text_decoration="none", height="auto",
            width="100%", max_width=f"{width}px")
        return f'<img src="{source}" alt="{alt}" width="{width}" height="auto" border="0" style="{style}"{self.close}'


def head(s, parts, extra=""):
    dice, n = s.dice, s.newline
    metas = n.join(meta[:-1] + s.close for meta in METAS if dice.often(0.6))
    resets = n.join(rule for rule in RESETS if dice.often(0.5))
    media = n.join(rule for rule in MEDIA if dice.often(0.4))
    point = dice.pick(("screen and (max-width: 600px)", "only screen and (max-width: 600px)",
            "only screen and (max-width:480px)",
            "only screen and (max-width: 620px)", "screen and (max-width: 525px)", "(max-width:620px)",
            "only screen and (min-width:480px)"))
    if s.tight:
        resets, media = (text.replace("; ", ";").replace(": ", ":").replace(" { ", "{").replace(" }", "}")
            for text in (resets, media))
    mso = DPI if dice.often(0.5) else ""
    if dice.often(0.3):
        mso += (f"{n}<!--[if mso]>{n}<style type=\"text/css\">{n}.f-fallback {{ font-family: Arial, sans-serif; "
            f"}}{n}</style>{n}<![endif]-->")
    if dice.often(0.2):
        mso += (n + "<!--[if !mso]><!--><link href=\"https://fonts.googleapis.com/css?family=Roboto:300,400,500,"
            "700\" rel=\"stylesheet\" type=\"text/css\"><!--<![endif]-->")
    return (f"<head>{n}{metas}{n}<title>{parts['title']}</title>{n}{mso}{n}<style type=\"text/css\">"
        f"{n}{resets}{n}@media {point} {{{n}{media}{n}}}"
        f"{n}</style>{extra}{n}</head>{n}")


def lead(s, parts):
    hidden = s.dice.pick((
            "display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;"
            "overflow:hidden;",
            "display: none; max-height: 0px; overflow: hidden;", "display:none;overflow:hidden;line-height:1px;"
            "opacity:0;"
            "max-height:0;max-width:0",
            "color: transparent; display: none; height: 0; max-height: 0; max-width: 0; opacity: 0; overflow: hidden; "
            "mso-hide: all; visibility: hidden; width: 0;"))
    filler = s.dice.pick(("", "&#847;&zwnj;&nbsp;" * 40, "&nbsp;&zwnj;" * 40, "\u200c\u00a0" * 40,
            "&#8199;&#65279;&#847; " * 30))
    return f'<div style="{hidden}">{parts["lead"]}{filler}</div>{s.newline}'


def button(s, parts):
    if not parts["button"]:
        return ""
    label, url = parts["button"]
    dice, n = s.dice, s.newline
    radius = dice.pick(("3px", "4px", "5px", "6px", "8px", "50px"))
    inner = s.css(display="inline-block", background_color=s.accent, color="#ffffff", font_family=s.font,
        font_size="16px", font_weight="bold",
        text_decoration="none", padding=dice.pick(("12px 24px", "10px 20px", "15px 30px", "12px 25px",
            "14px 28px")), border_radius=radius)
    if dice.often(0.4):
        return ('<table role="presentation" border="0" cellpadding="0" cellspacing="0" class="btn btn-primary">'
            f'{n}<tbody>{n}<tr>{n}<td align="center" bgcolor="{s.accent}" '
            f'style="border-radius: {radius};">{n}<a href="{url}" target="_blank" style="{inner}">{label}</a>'
            f'{n}</td>{n}</tr>{n}</tbody>{n}</table>{n}')
    if dice.often(0.3):
        return ('<!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" '
            f'xmlns:w="urn:schemas-microsoft-com:office:word" href="{url}" '
            'style="height:44px;v-text-anchor:middle;width:200px;" arcsize="10%" stroke="f" '
            f'fillcolor="{s.accent}"><w:anchorlock/><center style="color:#ffffff;'
            f'font-family:sans-serif;font-size:16px;font-weight:bold;">{label}</center></v:roundrect><![endif]-->'
            f'{n}<!--[if !mso]><!-- --><a href="{url}" style="{inner}">{label}</a><!--<![endif]-->{n}')
    return f'<a href="{url}" class="button" target="_blank" rel="noopener" style="{inner}">{label}</a>{n}'


def receipt(s, parts):
    if not parts["rows"]:
        return ""
    n, cell = s.newline, s.css(padding="10px 0", border_bottom="1px solid #eeeeee", font_size="14px")
    rows = n.join(f'<tr>{n}<td align="left" style="{cell}">{name}</td>{n}<td align="right" style="{cell}">'
        f'{price}</td>{n}</tr>' for name, price in parts["rows"])
    return f'<table {s.table}>{n}<tbody>{n}{rows}{n}</tbody>{n}</table>{n}'


def tables(s, parts):
    """A table in a table in a table: most newsletters and service mails."""
    dice, n = s.dice, s.newline
    doctype = dice.pick((XHTML, XHTML, "<!DOCTYPE html>", "<!doctype html>"))
    ghost = ('<!--[if mso | IE]><table align="center" border="0" cellpadding="0" cellspacing="0" class="" '
        f'style="width:{s.width}px;" width="{s.width}" ><tr><td '
        f'style="line-height:0px;font-size:0px;mso-line-height-rule:exactly;"><![endif]-->{n}' if dice.often(0.4)
        else "")
    after = f"<!--[if mso | IE]></td></tr></table><![endif]-->{n}" if ghost else ""
    rows = []
    for text in parts["paragraphs"]:
        tag = dice.pick(("p", "p", "p", "div"))
        rows.append(f'<{tag} style="{s.letters()}">{text}</{tag}>')
    if dice.often(0.5):
        cell = s.css(font_size="0px", padding=dice.pick(("10px 25px", "0 0 20px", "20px 24px")),
            word_break="break-word")
        rows = [f'<tr>{n}<td align="left" style="{cell}">{n}{row}{n}</td>{n}</tr>' for row in rows]
        main = f'<table {s.table}>{n}<tbody>{n}{n.join(rows)}{n}</tbody>{n}</table>{n}'
    else:
        main = n.join(rows) + n
    divider = (f'<p style="border-top:solid 1px #e5e5e5;font-size:1px;margin:0px auto;width:100%;">&nbsp;</p>{n}'
        if dice.often(0.4) else "")
    footer = n.join(f'<p style="{s.letters(12, s.grey)}">{text}</p>' for text in parts["footer"])
    title = f'<h1 style="{s.letters(dice.pick((22, 24, 28, 32)))}">{parts["title"]}</h1>{n}' if dice.often(0.7) else ""
    body = s.css(margin="0", padding="0", background_color=s.back, width="100%", word_break="break-word", **{
            "-webkit_font_smoothing": "antialiased"})
    box = s.css(max_width=f"{s.width}px", margin="0 auto", background_color="#ffffff")
    pixel = (f'<img src="{parts["url"]}/o/{dice.hex(32)}" alt="" width="1" height="1" border="0" style="height:1px '
        '!important;width:1px !important;border-width:0 !important;margin:0 !important;padding:0 !important;'
        f'"{s.close}')
    return (f'{doctype}{n}<html '
        f'{dice.pick((OFFICE, "lang=" + chr(34) + "en" + chr(34), OFFICE + " lang=" + chr(34) + "en" + chr(34)))}>'
        f'{n}{head(s, parts)}'
        f'<body style="{body}" bgcolor="{s.back}">{n}{lead(s, parts)}<table {s.table} '
        f'style="{s.css(background_color=s.back)}">{n}<tbody>{n}<tr>{n}<td align="center" valign="top">{n}{ghost}'
        f'<table {s.table} class="container" style="{box}">{n}<tr>{n}<td align="center" '
        f'style="{s.css(padding=f"{s.pad}px 0")}">{n}<a href="{parts["url"]}" target="_blank">'
        f'{s.image(parts["domain"], dice.pick((100, 120, 150, 180)), parts["brand"])}</a>{n}'
        f'</td>{n}</tr>{n}<tr>{n}<td class="content" style="{s.css(padding=f"{s.pad}px")}">'
        f'{n}{title}{main}{receipt(s, parts)}{button(s, parts)}{divider}</td>{n}</tr>{n}'
        f'<tr>{n}<td align="center" class="footer" style="{s.css(padding="20px", text_align="center")}">'
        f'{n}{footer}{n}<a href="{parts["url"]}/unsubscribe" style="'
        f'{s.css(color=s.grey, text_decoration="underline")}">Unsubscribe</a>{n}'
        f'</td>{n}</tr>{n}</table>{n}{after}</td>{n}</tr>{n}</tbody>{n}</table>'
        f'{n}{pixel if dice.often(0.5) else ""}{n}</body>{n}</html>{n}')


def components(s, parts):
    """What compilers of component languages make: one line, everything inline."""
    dice, s.tight, s.end, s.newline = s.dice, True, False, ""
    cell = '<table align="center" width="100%" border="0" cellPadding="0" cellSpacing="0" role="presentation"'
    text = "".join('<p style="'
        f'{s.css(font_size=f"{s.size}px", line_height="24px", margin="16px 0", color=s.text, font_family=s.font)}">'
        f'{line}</p>' for line in parts["paragraphs"])
    footer = "".join(f'<p style="{s.css(font_size="12px", line_height="16px", margin="16px 0", color=s.grey)}">'
        f'{line}</p>' for line in parts["footer"])
    url = parts["url"]
    return (f'{XHTML}<html dir="ltr" lang="en"><head><meta content="text/html; charset=UTF-8" '
        f'http-equiv="Content-Type"/><meta name="x-apple-disable-message-reformatting"/>'
        f'<link rel="preload" as="image" href="{url}/static/logo.png"/></head><div style="display:none;'
        f'overflow:hidden;line-height:1px;opacity:0;max-height:0;max-width:0">{parts["lead"]}'
        f'<div>{" " + chr(0x200c) + chr(0x200b) + chr(0x200d) + chr(0x200e) + chr(0x200f) + chr(0xfeff)}</div>'
        f'</div><body style="{s.css(background_color=s.back, font_family=s.font, margin="0 auto")}"><!--$-->'
        f'{cell} style="max-width:37.5em;margin:0 auto;padding:20px 0 48px"><tbody>'
        f'<tr style="width:100%"><td><img alt="{parts["brand"]}" height="50" src="{url}/static/logo.png" '
        f'style="display:block;outline:none;border:none;text-decoration:none;margin:0 auto" width="170"/>{text}'
        f'{cell} style="text-align:center"><tbody><tr><td><a href="{url}/verify" style="line-height:100%;'
        f'text-decoration:none;display:block;max-width:100%;mso-padding-alt:0px;background-color:{s.accent};'
        f'border-radius:3px;'
        'color:#fff;font-size:16px;text-align:center;padding:12px 12px 12px 12px" target="_blank"><span><!--[if '
        f'mso]><i style="mso-font-width:300%;mso-text-raise:18" hidden>&#8202;&#8202;</i><![endif]--></span>'
        '<span style="max-width:100%;display:inline-block;line-height:120%;mso-padding-alt:0px;'
        f'mso-text-raise:9px">{parts["button"][0] if parts["button"] else "Open"}</span><span><!--[if mso]><i '
        'style="mso-font-width:300%" hidden>&#8202;&#8202;&#8203;</i><![endif]--></span></a></td></tr></tbody>'
        f'</table>'
        f'{receipt(s, parts)}<hr style="width:100%;border:none;border-top:1px solid #eaeaea;border-color:#cccccc;'
        f'margin:20px 0"/>{footer}</td></tr></tbody></table><!--/$--></body></html>')


def simple(s, parts):
    """What a program's own few lines make."""
    dice, n = s.dice, s.newline
    text = n.join(f"<p>{line}</p>" if dice.often(0.7) else f"{line}<br{s.close}" for line in parts["paragraphs"])
    link = f'{n}<p><a href="{parts["button"][1]}">{parts["button"][dice.below(2)]}</a></p>' if parts["button"] else ""
    if dice.often(0.5):
        return f"<html>{n}<body>{n}{text}{link}{n}</body>{n}</html>{n}"
    code = ('<div style="font-size: 32px; font-weight: bold; letter-spacing: 5px; text-align: center; margin: 20px '
        f'0;">{parts["code"]}</div>{n}' if parts["code"] else "")
    styles = (".container { max-width: 600px; margin: 0 auto; padding: 20px; } .header { background-color: #4CAF50; "
        "color: white; padding: 20px; text-align: center; } .content { background-color: #f9f9f9; padding: 30px; } "
        ".footer { text-align: center; color: #666; font-size: 12px; margin-top: 20px; } .code { font-size: 24px; "
        "font-weight: bold; letter-spacing: 4px; }")
    return (f'<!DOCTYPE html>{n}<html lang="en">{n}<head>{n}    <meta charset="UTF-8">{n}    <meta name="viewport" '
        f'content="width=device-width, initial-scale=1.0">{n}    <title>{parts["title"]}</title>{n}'
        f'    <style>{n}        body {{ font-family: {s.font}; line-height: 1.6; color: #333; }}{n}        '
        f'{styles.replace("} .", "}" + n + "        .")}{n}    </style>{n}</head>{n}<body>{n}'
        f'    <div class="container">{n}        <div class="header"><h1>{parts["title"]}</h1></div>{n}        '
        f'<div class="content">{n}{text}{n}{code}{link}{n}        </div>{n}        <div class="footer">{n}       '
        f'     <p>&copy; 2026 {parts["brand"]}. All rights reserved.</p>{n}'
        f'        </div>{n}    </div>{n}</body>{n}</html>{n}')


def builder(s, parts):
    """Editors with rows and columns of their own classes."""
    dice, n = s.dice, s.newline
    rows = []
    for number, text in enumerate(parts["paragraphs"]):
        kind = dice.below(3)
        if kind == 0:
            rows.append(f'<table class="row row-{number + 1}" align="center" width="100%" border="0" cellpadding="0" '
                'cellspacing="0" role="presentation" style="mso-table-lspace: 0pt; mso-table-rspace: 0pt;">'
                f'{n}<tbody>{n}<tr>{n}<td>{n}'
                '<table class="row-content stack" align="center" border="0" cellpadding="0" cellspacing="0" '
                'role="presentation" style="mso-table-lspace: 0pt; mso-table-rspace: 0pt; color: #000000; '
                f'width: {s.width}px; margin: 0 auto;" width="{s.width}">{n}<tbody>{n}<tr>{n}'
                '<td class="column column-1" width="100%" style="mso-table-lspace: 0pt; mso-table-rspace: '
                '0pt; font-weight: 400; text-align: left; padding-bottom: 5px; padding-top: 5px; '
                f'vertical-align: top;">{n}'
                '<table class="paragraph_block block-1" width="100%" border="0" cellpadding="10" '
                'cellspacing="0" role="presentation" style="mso-table-lspace: 0pt; mso-table-rspace: 0pt; '
                f'word-break: break-word;">{n}<tr>{n}<td class="pad">{n}'
                f'<div style="color:{s.text};direction:ltr;font-family:{s.font};font-size:16px;'
                'font-weight:400;letter-spacing:0px;line-height:1.5;text-align:left;'
                f'mso-line-height-alt:24px;">{n}<p style="margin: 0;">{text}</p>{n}</div>{n}</td>{n}</tr>'
                f'{n}</table>{n}</td>{n}</tr>{n}</tbody>{n}</table>{n}</td>{n}</tr>{n}</tbody>{n}</table>')
        elif kind == 1:
            rows.append(f'<div class="u-row-container" style="padding: 0px;background-color: transparent">{n}  <div '
                f'class="u-row" style="margin: 0 auto;min-width: 320px;max-width: {s.width}px;overflow-wrap: '
                f'break-word;word-wrap: break-word;word-break: break-word;background-color: transparent;">{n}'
                '    <div style="border-collapse: collapse;display: table;width: 100%;height: 100%;'
                f'background-color: transparent;">{n}      <!--[if (mso)|(IE)]><table width="100%" '
                'cellpadding="0" cellspacing="0" border="0"><tr><td style="padding: 0px;background-color: '
                f'transparent;" align="center"><![endif]-->{n}'
                f'<div class="u-col u-col-100" style="max-width: 320px;min-width: {s.width}px;display: '
                f'table-cell;vertical-align: top;">{n}<table style="font-family:{s.font};" '
                f'role="presentation" cellpadding="0" cellspacing="0" width="100%" border="0">{n}  <tbody>'
                f'{n}    <tr>{n}'
                '      <td style="overflow-wrap:break-word;word-break:break-word;padding:10px;'
                f'font-family:{s.font};" align="left">{n}  <div style="font-size: 14px; line-height: 140%; '
                f'text-align: left; word-wrap: break-word;">{n}    <p style="line-height: 140%;">{text}</p>'
                f'{n}  </div>{n}      </td>{n}    </tr>{n}  </tbody>{n}</table>{n}</div>{n}</div>{n}</div>'
                f'{n}</div>')
        else:
            rows.append('<table border="0" cellpadding="0" cellspacing="0" width="100%" class="mcnTextBlock" '
                f'style="min-width:100%;">{n}    <tbody class="mcnTextBlockOuter">{n}        <tr>{n}            <td '
                f'valign="top" class="mcnTextBlockInner" style="padding-top:9px;">{n}'
                '                <table align="left" border="0" cellpadding="0" cellspacing="0" '
                f'style="max-width:100%; min-width:100%;" width="100%" class="mcnTextContentContainer">{n}   '
                f'                 <tbody><tr>{n}                        '
                '<td valign="top" class="mcnTextContent" style="padding-top:0; padding-right:18px; '
                f'padding-bottom:9px; padding-left:18px;">{n}                            {text}{n}           '
                f'             </td>{n}                    </tr>{n}                </tbody></table>{n}       '
                f'     </td>{n}        </tr>{n}    </tbody>{n}</table>')
    footer = f"<br{s.close}{n}".join(parts["footer"])
    return (f'{XHTML}{n}<html {OFFICE}>{n}{head(s, parts)}<body class="clean-body u_body" style="margin: 0;padding: '
        f'0;-webkit-text-size-adjust: 100%;background-color: {s.back};color: #000000">{n}{lead(s, parts)}'
        '<table class="nl-container" width="100%" border="0" cellpadding="0" cellspacing="0" '
        f'role="presentation" style="mso-table-lspace: 0pt; mso-table-rspace: 0pt; background-color: {s.back};">'
        f'{n}<tbody>{n}<tr>{n}<td>{n}{n.join(rows)}{n}{button(s, parts)}'
        f'<div align="center" style="font-size: 12px; color: {s.grey};">{n}{footer}{n}</div>{n}</td>{n}</tr>'
        f'{n}</tbody>{n}</table>{n}</body>{n}</html>{n}')


HABITS = (tables, tables, tables, components, simple, simple, builder)


def make(dice, parts, personal=False):
    safe = dict(parts, paragraphs=[escape.escape(line, quote=False) for line in parts["paragraphs"]])
    return dice.pick(modern_people.PERSONAL if personal else HABITS)(Style(dice), safe)
