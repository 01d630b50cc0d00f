"""What synthetic mails say: sentences of the kinds of mail that come to test inboxes and to everybody's."""

BRANDS = ("Northwind Acme Lumen Kite Harbor Maple Orbit Pixel Quarry Ripple Summit Tidal Vertex Willow Zephyr Beacon "
    "Cobalt Drift Ember Fable Glacier Hazel Juniper").split()
TAILS = (".com", ".com", ".com", ".io", ".app", ".net", ".org", ".de", ".co", ".co.uk", ".dev", ".ai", ".shop", ".fr")
FIRST = ("Anna James Maria Lukas Sofia Daniel Emma Noah Olivia Liam Mia Elena Thomas Laura Marco Julia David Sarah "
    "Michael Priya Wei Yuki Omar Fatima Carlos").split()
LAST = ("Smith Johnson Miller Schmidt Garcia Martin Rossi Novak Kim Chen Patel Brown Jones Wilson Taylor Dubois Silva "
    "Müller Nguyen Lopez").split()
MONTHS = "January February March April May June July August September October November December".split()
SYSTEMS = ("Chrome on Windows", "Safari on iPhone", "Firefox on Linux", "Chrome on macOS", "Edge on Windows 11",
    "Safari on macOS", "Chrome on Android")
CITIES = ("London, United Kingdom", "Berlin, Germany", "San Francisco, CA, United States", "Paris, France",
    "Amsterdam, Netherlands", "New York, NY, USA", "Madrid, Spain", "Singapore", "Tokyo, Japan",
    "Toronto, Canada")

# (subject, paragraphs), with {brand} {name} {code} {minutes} {address}
CODES = (
    ("Your {brand} verification code", (
        "Hi {name},", "Your verification code is: {code}", "Enter this code to verify your email address.",
        "This code will expire in {minutes} minutes.", "If you didn't request this code, you can safely ignore this "
        "email. Someone else might have typed your email address by mistake.")),
    ("{code} is your {brand} verification code", (
        "Hello,", "Use the following one-time code to sign in to your {brand} account:", "{code}",
        "This code is valid for {minutes} minutes and can only be used once. Do not share this code with anyone. Our "
        "team will never ask for it.", "Thanks,", "The {brand} Team")),
    ("Confirm your email address", (
        "Hi there,", "To finish setting up your {brand} account, we just need to make sure this email address is "
        "yours.",
        "To verify your email address use this security code: {code}",
        "If you did not create an account using this address, no further action is required.",
        "Thank you for signing up!")),
    ("Your one-time password (OTP)", (
        "Dear {name},", "Your one-time password (OTP) is {code}. It is valid for {minutes} minutes.",
        "Please do not share your OTP with anyone for security reasons.", "Best regards,", "{brand} Support")),
    ("Dein Bestätigungscode: {code}", (
        "Hallo {name},", "dein Bestätigungscode lautet: {code}", "Der Code ist {minutes} Minuten gültig.",
        "Wenn du diese Anfrage nicht gestellt hast, kannst du diese E-Mail ignorieren.", "Viele Grüße",
        "Dein {brand}-Team")),
    ("Ihr Sicherheitscode für {brand}", (
        "Guten Tag,", "bitte bestätigen Sie Ihre E-Mail-Adresse mit dem folgenden Code: {code}",
        "Falls Sie sich nicht registriert haben, ignorieren Sie bitte diese E-Mail.", "Mit freundlichen Grüßen",
        "Ihr {brand} Team")),
    ("Votre code de vérification {brand}", (
        "Bonjour {name},", "Voici votre code de vérification : {code}", "Ce code expire dans {minutes} minutes.",
        "Si vous n'êtes pas à l'origine de cette demande, veuillez ignorer cet e-mail.", "Cordialement,",
        "L'équipe {brand}")),
    ("Tu código de verificación", (
        "Hola {name},", "Tu código de verificación es: {code}", "Este código caduca en {minutes} minutos.",
        "Si no has solicitado este código, puedes ignorar este correo electrónico.", "Gracias,",
        "El equipo de {brand}")),
    ("Seu código de verificação", (
        "Olá {name},", "Seu código de verificação é {code}.", "Não compartilhe este código com ninguém.",
        "Se você não solicitou, ignore este e-mail.", "Equipe {brand}")),
    ("Код подтверждения {brand}", (
        "Здравствуйте!", "Ваш код подтверждения: {code}", "Код действителен в течение {minutes} минут.",
        "Если вы не запрашивали код, просто проигнорируйте это письмо.", "С уважением, команда {brand}")),
    ("【{brand}】验证码", (
        "您好，", "您的验证码是：{code}", "验证码{minutes}分钟内有效，请勿泄露给他人。", "如非本人操作，请忽略此邮件。",
        "此为系统邮件，请勿回复。")),
    ("【{brand}】認証コードのお知らせ", (
        "{name} 様", "認証コード：{code}", "有効期限は{minutes}分です。", "このメールに心当たりがない場合は、破棄してください。",
        "※このメールは送信専用です。")),
    )

# (subject, paragraphs, what the button says)
LINKS = (
    ("Welcome to {brand}!", (
        "Hi {name},", "Thanks for signing up for {brand}. We're thrilled to have you on board.",
        "To get the most out of {brand}, do this primary next step:", "For reference, here's your login information: "
        "{address}", "If you have any questions, feel free to email our customer success team.",
        "Thanks,", "The {brand} Team"), "Get started"),
    ("Please verify your email address", (
        "Hi {name},", "Thanks for creating an account. Please click the button below to verify your email address.",
        "This link will expire in 24 hours.", "If you're having trouble clicking the button, copy and paste the URL "
        "below into your web browser:", "If you did not create an account, no further action is required."),
        "Verify email address"),
    ("Activate your account", (
        "Hello {name},", "Your account has been created. Please confirm your email address by clicking on the link "
        "below.", "We may need to send you critical information about our service and it is important that we have an "
        "accurate email address."), "Confirm my account"),
    ("Reset your password", (
        "Hi {name},", "You recently requested to reset your password for your {brand} account. Use the button below to "
        "reset it. This password reset is only valid for the next 24 hours.", "We received a request to reset your "
        "password. If you did not request a password reset, please ignore this email or contact support if you have "
        "questions."), "Reset password"),
    ("Sign in to {brand}", (
        "Hello,", "Click the button below to sign in. This link expires in {minutes} minutes and can only be used "
        "once.",
        "You are receiving this email because a sign-in was requested for your account."), "Log in to {brand}"),
    ("New sign-in to your account", (
        "We noticed a new sign-in to your {brand} account {address}. If this was you, you don't need to do anything. "
        "If "
        "not, we'll help you secure your account.", "Device: {system}", "Location: {city}",
        "You received this email to let you know about important changes to your account and services."),
        "Check activity"),
    ("{name} invited you to join {brand}", (
        "Hi,", "{name} has invited you to collaborate on {brand}.", "This invitation will expire in 7 days. If you "
        "were "
        "not expecting this invitation, you can ignore this email."), "Accept invitation"),
    ("Your trial ends in 3 days", (
        "Hi {name},", "Thank you for trying {brand}. Your free trial will end in 3 days, so we wanted to let you know.",
        "Upgrade now to keep access to all your projects, and you won't be charged until your trial is over."),
        "Upgrade now"),
    ("Bitte bestätige deine E-Mail-Adresse", (
        "Hallo {name},", "vielen Dank für deine Registrierung bei {brand}. Bitte klicke auf den folgenden Link, um "
        "deine "
        "E-Mail-Adresse zu bestätigen.", "Wenn du dich nicht registriert hast, musst du nichts weiter tun.",
        "Herzliche Grüße", "Dein {brand}-Team"), "E-Mail-Adresse bestätigen"),
    ("Confirmez votre adresse e-mail", (
        "Bonjour {name},", "Merci de vous être inscrit sur {brand}. Cliquez sur le bouton ci-dessous pour confirmer "
        "votre "
        "adresse e-mail.", "À bientôt,", "L'équipe {brand}"), "Confirmer mon adresse"),
    )

NEWS = (
    "Here's what's new this week.", "We're excited to announce our biggest release yet.",
    "Learn more about how teams use "
    "{brand} to save time and get more done.", "Don't miss out: 20% off everything, this weekend only. Use code "
    "SAVE20 at "
    "checkout.", "Free shipping on orders over $50. Offer ends Sunday at 11:59 p.m. Terms and conditions apply.",
    "Join us for a free live webinar on best practices, with time for your questions.", "From the blog: five things we "
    "learned about customer experience in the last year.", "You're receiving this email because you signed up on our "
    "website.", "Read the full story", "Shop now", "Limited time offer. While supplies last.", "New arrivals are here. "
    "Discover the collection and find your new favorites today.", "Your opinion matters to us. Take our short survey "
    "and "
    "help us improve your experience.", "Last chance: the sale ends tonight at midnight.",
    "We've updated our Terms of Service and Privacy Policy. These changes will take effect on the first of next month.",
    )

FOOTERS = (
    "You are receiving this email because you opted in via our website.", "If you no longer wish to receive these "
    "emails, "
    "you can unsubscribe at any time.", "Unsubscribe from this list", "Update your preferences",
    "View this email in your "
    "browser", "This email was sent to {address}", "Copyright © {year} {brand}, Inc. All rights reserved.",
    "Our mailing address is:", "Please do not reply to this email. This mailbox is not monitored.",
    "This is an automated message, please do not reply.", "Privacy Policy | Terms of Service | Contact us",
    "Sent with care from {brand}, 548 Market Street, San Francisco, CA 94104", "Need help? Visit our Help Center.",
    "Diese E-Mail wurde automatisch erstellt. Bitte antworten Sie nicht auf diese Nachricht.", "Newsletter abbestellen",
    "Impressum | Datenschutz | AGB", "Se désinscrire", "Cancelar suscripción",
    )

ITEMS = ("Monthly plan", "Pro subscription", "Wireless headphones", "Cotton T-shirt", "Coffee beans, 1 kg",
    "USB-C cable",
    "Notebook", "Gift card", "Annual membership", "Extra storage 100 GB")
RECEIPT = ("Subtotal", "Shipping", "Tax", "Discount", "Total", "Amount paid")
ORDERS = (
    ("Order confirmation #{number}", ("Hi {name},", "Thank you for your order! We'll send you another email when it "
        "ships.",
        "Order number: {number}", "Order date: {day}", "Shipping address",
        "Billing address",
        "Payment method: Visa ending in 4242", "Estimated delivery: {day}")),
    ("Your receipt from {brand} #{number}", ("Receipt from {brand}", "Amount paid", "Date paid {day}", "Payment method",
        "Invoice number {number}", "If you have any questions, contact us at "
        "support@{domain} or call us at +1 415-555-0123.")),
    ("Your package has shipped", ("Good news! Your order #{number} is on its way.", "Tracking number: 1Z{number}",
        "Carrier: UPS", "Estimated delivery: {day}", "Track your package",
        "Delivered to: {name}")),
    ("Ihre Bestellung {number}", ("Guten Tag {name},", "vielen Dank für Ihre Bestellung. Die Rechnung finden Sie im "
        "Anhang.",
        "Bestellnummer: {number}", "Gesamtsumme inkl. MwSt.", "Lieferadresse",
        "Zahlungsart: PayPal")),
    )

SPAM = (
    ("Your account has been suspended", (
        "Dear Customer,", "We have detected unusual activity on your account. Your account will be suspended within 24 "
        "hours unless you verify your information.", "Failure to verify will result in permanent suspension of your "
        "account."), "Verify your account"),
    ("Mailbox storage is full", (
        "Dear {address},", "Your mailbox storage has reached 98%. Incoming messages are being held pending on the "
        "server. "
        "Kindly use the button below to continue using the same password.", "IT Help Desk"), "Keep same password"),
    ("Congratulations! You have been selected", (
        "You have been selected to receive an exclusive reward! Complete the short survey about your experience and "
        "claim "
        "your prize now.", "If you no longer wish to receive these emails, you may unsubscribe by clicking here."),
        "Claim now"),
    ("Your parcel could not be delivered", (
        "Your package is waiting for delivery. Please confirm the payment of the shipping fee (1.99 EUR) within 48 "
        "hours.",
        "Tracking number: {number}"), "Schedule your delivery"),
    ("Invoice {number} is attached", (
        "Good day,", "Please find attached the invoice for your reference and kindly confirm receipt. Payment has been "
        "processed to your bank account.", "Best regards,"), "View document"),
    ("Quick question about {domain}", (
        "Hi {name},", "I came across your website and noticed some issues with your SEO rankings. We can help you "
        "get to "
        "the first page of Google and increase traffic.", "Would you be open to a quick call this week? Let me know if "
        "you are interested and I will send you a quote and past work details.", "Kind regards,"), "Book a call"),
    ("Urgent business proposal", (
        "Dear Friend,", "I am contacting you regarding a business proposal worth USD 10.5 million. I got your contact "
        "from the internet and I need your urgent and confidential assistance to transfer the funds of my late client.",
        "Please reply to my private email with your full name, address and telephone number for more details.",
        "God bless you,"), "Reply"),
    ("I have full control of your device", (
        "Hello!", "I have to share bad news with you. Some months ago I gained access to your devices and started "
        "monitoring your internet activity. Transfer $1350 worth of Bitcoin to my wallet. You have 48 hours.",
        "My bitcoin wallet (BTC Wallet) is: 1{number}"), "Pay"),
    )

PERSONAL = (
    "Hi {name},", "Thanks for your email.", "Please find attached the documents we talked about.",
    "Let me know if you have "
    "any questions.", "Looking forward to hearing from you.", "Could you please take a look at this when you have a "
    "moment?",
    "Just following up on my previous email.", "I hope this email finds you well.",
    "Are you available for a call tomorrow "
    "at 10:00 am?", "See my comments below.", "Sounds good to me.", "Best regards,", "Kind regards,", "Cheers,",
    "Thanks!",
    "Sent from my iPhone", "Get Outlook for iOS<https://aka.ms/o0ukef>", "Viele Grüße", "Mit freundlichen Grüßen",
    "Cordialement", "Saludos", "This message and any attachments are confidential and intended solely for the "
    "addressee. If "
    "you have received this email in error, please notify the sender and delete it.",
    "CAUTION: This email originated from "
    "outside of the organization. Do not click links or open attachments unless you recognize the sender and know the "
    "content is safe.",
    )
