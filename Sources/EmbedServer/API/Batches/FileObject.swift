import JSONCore

/// Writes a file as OpenAI's API shows it.
enum FileObject {
    static func encode(_ file: StoredFile) -> [UInt8] {
        var writer = JSONWriter()
        write(file, to: &writer)
        return writer.bytes
    }

    static func write(_ file: StoredFile, to writer: inout JSONWriter) {
        writer.object {
            $0.key("id")
            $0.value(file.id)
            $0.key("object")
            $0.value("file")
            $0.key("bytes")
            $0.value(file.bytes)
            $0.key("created_at")
            $0.value(file.createdAt)
            $0.key("expires_at")
            $0.value(file.expiresAt)
            $0.key("filename")
            $0.value(file.filename)
            $0.key("purpose")
            $0.value(file.purpose.rawValue)
            $0.key("status")
            $0.value("processed")
        }
    }
}

/// Writes a page of a list as OpenAI's API shows it.
enum ListObject {
    static func encode<Item>(
        _ page: ListPage<Item>,
        id: (Item) -> String,
        write: (Item, inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        writer.object {
            $0.key("object")
            $0.value("list")
            $0.key("data")
            $0.array { for item in page.items { write(item, &$0) } }
            for (name, item) in [("first_id", page.items.first), ("last_id", page.items.last)] {
                $0.key(name)
                if let item { $0.value(id(item)) } else { $0.null() }
            }
            $0.key("has_more")
            $0.value(page.hasMore)
        }
        return writer.bytes
    }
}
