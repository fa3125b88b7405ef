"""Problems of files as such: entry files, documents, pictures, and files that nobody sees."""

from feedsvc.i18n import N_
from feedsvc.problems.kind import Kind, error, warning

OF_FILES: dict[str, Kind] = {
    # The file as such.
    "no-access": error(
        N_("access to this file or folder is denied"),
        N_("allow everyone to read it; what it published before stays online"),
    ),
    "disk-fault": error(
        N_("this file or folder cannot be read from the disk ({name})"),
        N_("copy it here again; if that does not help, tell the administrator of the server"),
    ),
    "not-a-file": error(
        N_("this is not a file, although its name ends like that of an entry"),
        N_("rename the folder, or put a file in its place"),
    ),
    "link-out": error(
        N_("this is a link to something outside the entries folder, or to nothing"),
        N_("put the file itself here instead of the link"),
    ),
    "link-folder": warning(
        N_("this is a link to a folder; it was ignored"),
        N_("put the files themselves here instead of the link"),
    ),
    "name-not-utf8": error(
        N_("the name of this file or folder is garbled"),
        N_("rename it; letters, digits and hyphens are best"),
    ),
    "too-costly": error(
        N_("reading this text would take too much time or memory"),
        N_("simplify its tables, lists and links, or split it; what was published before stays"),
    ),
    "reading-failed": error(
        N_("the program failed at reading this text ({name})"),
        N_("simplify the text, and show it to the administrator of the server"),
    ),
    "too-large": error(
        N_("the file is larger than 1 MB ({size} bytes)"),
        N_("shorten the text, and keep pictures in separate files"),
    ),
    # Documents of Word and LibreOffice.
    "document-large": error(
        N_("the document is larger than 50 MB ({size} bytes)"),
        N_("make its pictures smaller: in Word, «Compress Pictures»; or put them in as files"),
    ),
    "word-missing": error(
        N_("this server cannot read documents of Word and LibreOffice yet"),
        N_(
            "ask the administrator to run «pip install 'feedsvc[word]'» and to start the service"
            " again; until then, save the text as plain text (.txt, UTF-8)"
        ),
    ),
    "document-old": error(
        N_("documents in this format (.doc, .rtf, .pages) cannot be read"),
        N_("save it as .docx («Save As», «Word Document»), and remove this file"),
    ),
    "document-password": error(
        N_("the document can only be opened with a password"),
        N_("remove the password: in Word, «File», «Info», «Protect Document»; then save it again"),
    ),
    "document-broken": error(
        N_("the document is damaged, empty, or not copied as a whole"),
        N_("open it; if that works, save it once more under the same name, else copy it again"),
    ),
    "document-other": error(
        N_("the content of this file is not what its name says"),
        N_("open it in Word, and save it as .docx («Save As», «Word Document»)"),
    ),
    "word-tracked": warning(
        N_("the document has changes that are not accepted yet ({count})"),
        N_(
            "it is published as if all were accepted; in Word, «Review», accept or reject them,"
            " and save it"
        ),
    ),
    "word-hidden": warning(
        N_("hidden text was left out ({count})"),
        N_("if it should be seen, take away the mark «Hidden» in the settings of the font"),
    ),
    "word-text-boxes": warning(
        N_("text boxes are not published ({count})"),
        N_("move what stands in them into the text"),
    ),
    "word-drawings": warning(
        N_("shapes, charts and diagrams are not published ({count})"),
        N_("copy each of them, and paste it as a picture"),
    ),
    "word-objects": warning(
        N_("what is embedded from other programs is not published ({count})"),
        N_("paste it as a table or as a picture, or put the file beside this one"),
    ),
    "word-equations": warning(
        N_("equations are not published ({count})"),
        N_("write them as text, or paste each as a picture"),
    ),
    "word-comments": warning(
        N_("comments in the margin are not published ({count})"),
        N_("nothing is missing from the text; see that nothing in them was still to be done"),
    ),
    "word-picture": warning(
        N_("the picture «{name}» cannot be shown: browsers do not know its format"),
        N_("paste it again as PNG or JPEG: in Word, cut it, then «Paste Special», «Picture (PNG)»"),
    ),
    "word-picture-linked": warning(
        N_("the picture «{name}» is not in the document, which only links to it"),
        N_("insert the picture itself: in Word, «Insert», «Pictures», without «Link to File»"),
    ),
    "encoding": error(
        N_("the text cannot be read, as its encoding is unknown"),
        N_("save the file as plain text in UTF-8"),
    ),
    "encoding-broken": error(
        N_("the text is damaged here: part of a character is missing"),
        N_("copy the file again, or save it again as UTF-8"),
    ),
    "encoding-other": warning(
        N_("the file is saved in {encoding}"),
        N_("save it as UTF-8, so that no character can be lost"),
    ),
    "characters-removed": warning(
        N_("invisible characters that are not allowed were removed"),
        N_("retype this passage if anything is missing from it"),
    ),
    "id-from-name": warning(
        N_("the address «{id}» was made from the file name"),
        N_("to choose the address yourself, add the line «id:» or give the file a Latin name"),
    ),
    "renamed": warning(
        N_("the address of this text is «{id}», although its file bears another name"),
        N_(
            "so that this holds for good, write the line «id: {id}» into its header,"
            " or give the file its old name back"
        ),
    ),
    "copy": error(
        N_("this is the same text as {other}, so it is not published a second time"),
        N_("delete one of the two files, or change what is to be another piece of news"),
    ),
    "title-from-name": warning(
        N_("there is no title; «{title}» was made from the file name"),
        N_("write the title after «title:»"),
    ),
    "marks-many": warning(
        N_("more than 30 accents stand on one letter; the rest were removed"),
        N_("retype this passage"),
    ),
    "problems-more": warning(
        N_("and {count} more remarks on this file"),
        N_("correct these first, then look again"),
    ),
    # Files that are no texts, and belong to none.
    "unread-alone": warning(
        N_("this file belongs to no text, so nobody sees it"),
        N_("name it like its text, put it into a folder named so, or name it in the text"),
    ),
    "unread-document": warning(
        N_("documents like this are not published by themselves"),
        N_("save it as plain text (.txt), or name it like the text that it belongs to"),
    ),
    "unread-markup": warning(
        N_("texts that end with «{ending}» are not read here"), N_("convert it to Markdown (.md)")
    ),
    "unread-picture": warning(
        N_("pictures that end with «{ending}» are not published"), N_("save it as JPEG or PNG")
    ),
    "unread-recording": warning(
        N_("recordings that end with «{ending}» are not published"),
        N_("save a video as MP4, and sound as MP3"),
    ),
    "unread-office": warning(
        N_("files that end with «{ending}» are not published"),
        N_("save it as PDF, or a table as .xlsx, and name it like the text that it belongs to"),
    ),
    "unread-archive": warning(
        N_("archives that end with «{ending}» are not published"),
        N_("unpack it, or pack the files as .zip and name that like the text it belongs to"),
    ),
    "unread-no-ending": warning(
        N_("the name of this file has no ending, so it is not read"),
        N_("if it is a text, add .txt to its name; if it is a picture, .jpg or .png"),
    ),
    "unread-ending": warning(
        N_("files that end with «{ending}» are not read here"),
        N_("save a text as .txt, a picture as JPEG, and everything else as PDF"),
    ),
    "unread-more": warning(
        N_("and {count} more files here that are not published"),
        N_("put these right first, then look again; old pictures have their place elsewhere"),
    ),
    # Pictures and attachments. The text is published without them.
    "bad-image": warning(
        N_("«image» does not name a file"),
        N_("write «image: photo.jpg», or «file:», «alt:» and «caption:» on lines below it"),
    ),
    "media-no-picture": warning(
        N_("«{name}» is not a picture"),
        N_("name it after «attachments:», and name a picture after «image:»"),
    ),
    "media-missing": warning(
        N_("there is no file «{name}» next to this one"),
        N_("put it into the same folder, or correct the name; capital and small letters differ"),
    ),
    "dzen-narrow": warning(
        N_("Dzen does not get pictures under {width} pixels wide: {names}"),
        N_("put wider ones in their place, or leave it so; here readers see them all the same"),
    ),
    "picture-nowhere": warning(
        N_("there is no picture «{name}» on this site"),
        N_("put it there in the folder of the setting «static», or into the entries folder"),
    ),
    "media-many": warning(
        N_("this text names more than 100 files; the rest were ignored"),
        N_("split it into several texts"),
    ),
    "media-type": warning(
        N_("files like «{name}» are not published"),
        N_("save it as JPEG, PNG or PDF"),
    ),
    "media-film": warning(
        N_("films like «{name}» cannot be played by every reader and are not published"),
        N_("save it as MP4"),
    ),
    "media-heic": warning(
        N_("«{name}» is a picture in the format of phones, which this site does not read"),
        N_(
            "save it as JPEG, or ask the administrator of the server to install the extra"
            " «heic» of feedsvc"
        ),
    ),
    "media-broken": warning(
        N_("«{name}» is damaged, empty, or not of the kind that its name says"),
        N_("copy it again, or save it again under a name with the right ending"),
    ),
    "media-large": warning(
        N_("«{name}» is too large (over 100 MB, or of too many pixels)"),
        N_("make it smaller; a width of 2000 pixels is enough for a picture"),
    ),
    "alt-missing": warning(
        N_("{count} pictures have no alternative text, for people who cannot see them: {names}"),
        N_(
            "write what each shows behind «|» in «captions.txt» in the folder of the pictures, or"
            " after «alt:»; in the text between the square brackets of the picture"
        ),
    ),
    "picture-place": warning(
        N_("{count} pictures tell where they were taken: {names}"),
        N_(
            "readers get them without the place, so nothing has to be done; to keep it from"
            " others who see this folder, switch off the place in the settings of the camera"
        ),
    ),
    "captions-large": warning(
        N_("the file with captions is larger than 256 KB; the rest was ignored"),
        N_("write one line for each picture"),
    ),
    "captions-unreadable": warning(
        N_("the file with captions cannot be read"),
        N_("save it as plain text in UTF-8"),
    ),
    "caption-no-picture": warning(
        N_("there is no picture «{name}» in this folder"),
        N_("correct the name, or copy the picture into the folder"),
    ),
    "caption-twice": warning(
        N_("«{name}» has a caption already; the last one counts"),
        N_("keep one of the two lines"),
    ),
    "caption-unclear": warning(
        N_("«{value}» does not begin with the name of a picture and was ignored"),
        N_("write each line as «photo.jpg: caption | alternative text»"),
    ),
    "caption-long": warning(
        N_("this caption is longer than {limit} characters and was cut"),
        N_("shorten it; a longer text has its place in the news"),
    ),
}
