//! Words and phrases that the guards look for, folded, in Spanish, English and Portuguese.

pub(super) const ASKING_BACK: &[&str] = &[
    "indicame", "indiqueme", "indicanos", "indiquenos", "me indica", "me indicas", "me confirma",
    "me confirmas", "confirmame", "confirmeme", "me das", "me da su", "me brinda", "me brindas",
    "brindame", "brindeme", "brindenos", "enviame", "envieme", "mandame", "mandeme", "pasame",
    "paseme", "me pasas", "me pasa su", "me pasa tu", "me envias", "me envia", "me puede enviar",
    "me puedes enviar", "me podria enviar", "me podrias enviar", "me podria indicar",
    "me podrias indicar", "me puede indicar", "me puedes indicar", "facilitame", "facilitenos",
    "digame", "dime", "cuentame", "cuenteme", "could you send", "can you send", "please send me",
    "please send us your", "send me your", "please provide", "could you provide", "could you tell",
    "please tell me", "let me know your", "please confirm your", "me informe", "me envie",
    "me passa", "me passe", "me manda", "pode me enviar", "poderia me enviar", "pode me passar",
    "me diga", "poderia informar", "por favor informe",
];

/// A person's, never a bot's to know.
pub(super) const HEALTH: &[&str] = &[
    "diagnostico", "embarazo", "embarazada", "enfermedad", "enfermo", "enferma", "sintomas",
    "sintoma", "dosis", "receta medica", "historia clinica", "tratamiento medico", "alergia",
    "alergico", "alergica", "diabetes", "diabetico", "presion arterial", "cancer", "medicamento",
    "medicamentos", "pastillas", "discapacidad", "terapia", "diagnosis", "pregnant", "pregnancy",
    "disease", "illness", "symptoms", "symptom", "dose", "dosage", "prescription",
    "medical record", "allergy", "allergic", "blood pressure", "medication", "disability",
    "therapy", "gravida", "gravidez", "doenca", "doente", "sintomas", "dose", "receita medica",
    "alergico", "alergica", "pressao arterial", "remedio", "remedios", "deficiencia",
    "exame de sangue",
];

pub(super) const OWED: &[&str] = &[
    "tu saldo", "su saldo", "saldo pendiente", "deuda pendiente", "monto pendiente", "tu deuda",
    "su deuda", "te falta pagar", "le falta pagar", "tienes pendiente", "tiene pendiente",
    "tienes una deuda", "tiene una deuda", "adeudas", "adeuda", "en mora", "cuota vencida",
    "cuotas vencidas", "pago vencido", "saldo a favor", "you owe", "amount due",
    "outstanding balance", "past due", "your balance", "overdue payment", "voce deve",
    "valor em aberto", "saldo devedor", "fatura em atraso", "seu saldo", "sua divida",
    "parcela vencida",
];

pub(super) const INTRODUCING: &[&str] = &[
    "soy", "sr", "sra", "srta", "senor", "senora", "senorita", "don", "dona", "llamo", "nombre",
    "am", "mr", "mrs", "ms", "name", "sou", "senhor", "senhora", "nome", "chamo",
];

pub(super) const WHERE: &[&str] = &[
    "donde", "direccion", "direcciones", "ubicacion", "ubicados", "ubicado", "ubican", "queda",
    "quedan", "local", "locales", "tienda", "tiendas", "sucursal", "sucursales", "oficina",
    "oficinas", "showroom", "where", "address", "located", "location", "store", "branch", "onde",
    "endereco", "fica", "loja", "lojas", "filial",
];

pub(super) const STREETS: &[&str] = &[
    "av", "avenida", "calle", "jr", "jiron", "psje", "pasaje", "carrera", "cra", "mz", "manzana",
    "alameda", "urb", "urbanizacion", "prolongacion", "street", "avenue", "ave", "road", "rua",
    "travessa", "alameda", "rodovia",
];

/// Dates in more than one word.
pub(super) const NEAR_DATES: &[&str] = &[
    "pasado manana", "en un rato", "dentro de un rato", "en un momento", "en unos minutos",
    "en unas horas", "en breve", "ahora mismo", "right now", "in a moment", "in a few minutes",
    "in a while", "shortly", "agora mesmo", "daqui a pouco", "em breve", "em instantes",
    "que viene", "que vem", "later today", "hasta el cierre de hoy",
];
pub(super) const DAYS_NEAR: &[&str] = &[
    "ayer", "anoche", "anteayer", "antier", "ahorita", "today", "tomorrow", "yesterday", "tonight",
    "hoje", "amanha", "ontem", "anteontem", "tmrw",
];
/// "La mañana", "por la mañana", "turno mañana": a part of any day.
pub(super) const BEFORE_MORNING: &[&str] = &["la", "las", "turno", "cada", "media"];
pub(super) const THIS: &[&str] = &[
    "este", "esta", "estos", "estas", "this", "essa", "esse", "nesta", "neste", "nessa", "nesse",
    "desta", "deste",
];
pub(super) const NEXT: &[&str] = &[
    "proximo", "proxima", "proximos", "next", "siguiente", "last", "pasado", "pasada", "proximas",
];
pub(super) const PAST: &[&str] = &["pasado", "pasada", "passado", "passada", "proximo", "proxima"];
pub(super) const TIMES: &[&str] = &[
    "tarde", "noche", "manana", "semana", "mes", "fin", "finde", "lunes", "martes", "miercoles",
    "jueves", "viernes", "sabado", "domingo", "morning", "afternoon", "evening", "week", "weekend",
    "month", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "manha",
    "noite", "segunda", "terca", "quarta", "quinta", "sexta",
];

pub(super) const POSSESSIVES: &[&str] = &[
    "su", "sus", "tu", "tus", "mi", "mis", "vuestro", "your", "my", "seu", "sua", "seus", "suas",
    "teu", "tua", "meu", "minha", "meus", "minhas",
];
/// What one customer has. Not "tu boleta" and "tu DNI", which everybody is told to bring.
pub(super) const OF_ONE: &[&str] = &[
    "pedido", "pedidos", "orden", "ordenes", "cuenta", "saldo", "deuda", "reserva", "cita",
    "solicitud", "caso", "reclamo", "paquete", "envio", "contrato", "prestamo", "credito", "cuota",
    "cuotas", "tramite", "expediente", "reembolso", "devolucion", "order", "orders", "account",
    "balance", "debt", "booking", "reservation", "appointment", "request", "case", "claim",
    "complaint", "package", "parcel", "shipment", "contract", "loan", "refund", "encomenda",
    "conta", "divida", "solicitacao", "pacote", "emprestimo", "reclamacao",
];
/// What this specialist does for this customer, or has seen of them.
pub(super) const FOR_THIS_ONE: &[&str] = &[
    "te llamo", "le llamo", "te llamamos", "le llamamos", "te llamaremos", "le llamaremos",
    "te escribo", "le escribo", "te aviso", "le aviso", "te avisamos", "le avisamos", "te reservo",
    "le reservo", "te separo", "le separo", "te lo separo", "te lo dejo", "se lo dejo", "te hago",
    "le hago", "te aplico", "le aplico", "te envie", "le envie", "te lo envie", "se lo envie",
    "ya te", "ya le", "ya fue", "ya salio", "ya esta en", "ya se envio", "ya lo", "ya la",
    "esta en camino", "va en camino", "fue despachado", "fue enviado", "fue entregado",
    "te llegara", "le llegara", "te llega", "le llega", "acabo de", "acabamos de", "revise",
    "verifique", "he revisado", "he verificado", "veo que", "me figura", "me aparece",
    "a tu nombre", "a su nombre", "i checked", "i have checked", "ive checked", "i see that",
    "i can see that", "has been shipped", "was shipped", "have shipped your", "is on its way",
    "is on the way", "in your name", "i will call", "ill call", "we will call you",
    "well call you", "i will send", "ill send", "i sent", "ive sent", "em seu nome", "no seu nome",
    "ja foi", "ja esta a", "foi enviado", "esta a caminho", "verifiquei", "vejo que", "vou te",
    "te ligo", "te aviso", "te mando", "enviei", "consultei",
];

/// Words that say nothing by themselves.
pub(super) const FILLERS: &[&str] = &[
    "si", "no", "ya", "ok", "okay", "claro", "listo", "dale", "perfecto", "vale", "correcto",
    "exacto", "asi", "es", "por", "supuesto", "desde", "luego", "que", "de", "la", "el", "los",
    "las", "lo", "un", "una", "a", "y", "en", "con", "del", "al", "se", "le", "te", "me", "su",
    "tu", "entendido", "bueno", "bien", "gracias", "efectivamente", "tambien", "nada", "eso",
    "esto", "hay", "yes", "yep", "no", "nope", "sure", "of", "course", "the", "an", "it", "is",
    "that", "right", "correct", "we", "do", "dont", "you", "thanks", "sim", "nao", "isso", "certo",
    "com", "certeza", "o", "os", "as", "um", "uma", "e", "da", "na", "ta", "beleza", "pode",
    "puede", "puedes", "can",
];
/// What any question may be made of.
pub(super) const VAGUE: &[&str] = &[
    "cuanto", "cuanta", "cuesta", "cuestan", "vale", "valen", "sale", "precio", "costo", "como",
    "cuando", "donde", "cual", "quien", "seria", "hacen", "tienen", "tiene", "demora", "how",
    "much", "many", "what", "when", "where", "which", "does", "cost", "price", "long", "are",
    "there", "quanto", "custa", "quando", "onde", "qual", "preco", "tem", "voces", "demoran",
    "hola", "info", "informacion", "mas", "more", "mais", "detalle", "detalles",
];
pub(super) const CONTINUING: &[&str] = &[
    "y", "e", "o", "and", "or", "but", "pero", "entonces", "so", "entao", "tampoco",
];
pub(super) const POINTING: &[&str] = &[
    "what about", "how about", "el otro", "la otra", "los otros", "el mismo", "la misma",
    "lo mismo", "the other one", "the same one", "that one", "this one", "o outro", "a outra",
    "y eso", "de eso", "de ese", "ese precio", "esa oferta", "ese modelo", "ese producto",
    "este modelo", "este producto", "esse modelo", "esse produto", "that product", "this product",
];
pub(super) const POINTING_ALONE: &[&str] = &[
    "eso", "ese", "esa", "esos", "esas", "esto", "that", "it", "isso", "esse", "essa", "those",
    "these", "them", "ellos", "otro", "otra",
];

pub(super) const NUMBERED: &[&str] = &[
    "pedido", "orden", "ticket", "guia", "tracking", "seguimiento", "rastreo", "reserva", "boleta",
    "factura", "recibo", "expediente", "reclamo", "contrato", "cuenta", "codigo", "dni", "ruc",
    "nit", "cedula", "pasaporte", "operacion", "transaccion", "order", "invoice", "booking",
    "reference", "receipt", "passport", "account", "rastreio", "nota", "protocolo", "rg", "cpf",
    "cnpj", "conta", "encomenda", "nro", "numero",
];
pub(super) const BEFORE_NUMBER: &[&str] = &[
    "n", "nro", "no", "num", "numero", "number", "es", "is", "e", "de", "pedido", "orden",
];

/// It won't hold for long.
pub(super) const CHANGING: &[&str] = &[
    "precio", "precios", "cuesta", "cuestan", "costo", "vale", "valen", "soles", "sol", "dolares",
    "euros", "pesos", "reales", "reais", "usd", "oferta", "ofertas", "promocion", "promociones",
    "descuento", "descuentos", "stock", "disponible", "disponibles", "quedan", "agotado",
    "agotados", "horario", "horarios", "abren", "abrimos", "cierran", "cerramos", "atienden",
    "atendemos", "por ahora", "por el momento", "en este momento", "price", "prices", "cost",
    "costs", "discount", "sale", "in stock", "out of stock", "available", "hours", "open", "close",
    "closed", "opening", "preco", "precos", "custa", "desconto", "promocao", "estoque",
    "disponivel", "abre", "abrem", "abrimos", "fecha", "fecham", "fechamos", "horario", "enero",
    "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "setiembre",
    "octubre", "noviembre", "diciembre", "january", "february", "march", "april", "june", "july",
    "august", "september", "october", "november", "december", "janeiro", "fevereiro", "marco",
    "maio", "junho", "julho", "setembro", "outubro", "novembro", "dezembro",
];

pub(super) const OF_ONE_PAGE: &[&str] = &[
    "pedido", "pedidos", "order", "orders", "tracking", "track", "seguimiento", "rastreo",
    "rastreio", "checkout", "cart", "carrito", "cuenta", "account", "conta", "invoice", "factura",
    "fatura", "boleta", "pago", "pagar", "pay", "payment", "pagamento", "reserva", "booking",
    "ticket", "user", "usuario", "token",
];
pub(super) const PRIVATE_HOSTS: &[&str] = &[
    "drive.google.com", "docs.google.com", "dropbox.com", "wetransfer.com", "mpago.la", "wa.me",
    "1drv.ms", "sharepoint.com", "bit.ly", "tinyurl.com",
];

pub(super) const MONEY: &[&str] = &[
    "sol", "soles", "pen", "dolar", "dolares", "dollars", "usd", "euro", "euros", "peso", "pesos",
    "cop", "clp", "ars", "mxn", "real", "reais", "brl", "guaranies", "bolivianos", "quetzales",
];
/// Two words with capitals that begin so are a place, or a time in English.
pub(super) const NO_NAMES: &[&str] = &[
    "san", "santa", "santo", "sao", "el", "la", "los", "las", "av", "avenida", "jr", "jiron", "calle", "rua",
    "plaza", "centro", "mall", "puerto", "villa", "nueva", "nuevo", "new", "rio", "costa", "monte",
    "cerro", "valle", "black", "cyber", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "google", "american", "western", "mercado", "banco",
];
