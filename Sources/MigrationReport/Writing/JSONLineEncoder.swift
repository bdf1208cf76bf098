/// Writes a flat object of JSON as one line.
///
/// Enough for the records, and small: Foundation's encoder would double the size of the helpers.
/// Values are numbers, strings, booleans and dictionaries of these.
enum JSONLineEncoder {
    /// The line with its line feed.
    static func line(of record: ReportLine) throws -> [UInt8] {
        let object = JSONObject()
        try record.encode(to: ObjectEncoder(object: object, codingPath: []))
        return object.bytes + [UInt8(ascii: "\n")]
    }
}

/// The fields of an object that were written so far.
private final class JSONObject {
    private var fields: [UInt8] = []

    var bytes: [UInt8] { [UInt8(ascii: "{")] + fields + [UInt8(ascii: "}")] }

    func append(_ key: String, _ value: [UInt8]) {
        if !fields.isEmpty { fields.append(UInt8(ascii: ",")) }
        fields += Self.quoted(key)
        fields.append(UInt8(ascii: ":"))
        fields += value
    }

    /// A string with everything escaped that JSON or a terminal might take for a command.
    static func quoted(_ text: String) -> [UInt8] {
        var result = [UInt8(ascii: "\"")]
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                result += [UInt8(ascii: "\\"), UInt8(scalar.value)]
            case _ where scalar.properties.generalCategory == .control:
                let digits = String(scalar.value, radix: 16)
                result += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default:
                result += UTF8.encode(scalar).map { Array($0) } ?? []
            }
        }
        return result + [UInt8(ascii: "\"")]
    }
}

/// The records' own code decides what is called here: never anything but fields and dictionaries.
private func notFlat() -> Never { preconditionFailure("a record is a flat object") }

private struct ObjectEncoder: Encoder {
    let object: JSONObject
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(FieldContainer(object: object, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { notFlat() }
    func singleValueContainer() -> any SingleValueEncodingContainer { notFlat() }
}

private struct FieldContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let object: JSONObject
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { object.append(key.stringValue, Array("null".utf8)) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        switch value {
        case let text as String:
            object.append(key.stringValue, JSONObject.quoted(text))
        case let word as any RawRepresentable<String>:
            object.append(key.stringValue, JSONObject.quoted(word.rawValue))
        case let flag as Bool:
            object.append(key.stringValue, Array("\(flag)".utf8))
        case let number as Double:
            // JSON has no word for what is no number.
            object.append(key.stringValue, Array("\(number.isFinite ? number : 0)".utf8))
        case let number as any FixedWidthInteger:
            object.append(key.stringValue, Array("\(number)".utf8))
        default:
            let nested = JSONObject()
            try value.encode(to: ObjectEncoder(object: nested, codingPath: codingPath + [key]))
            object.append(key.stringValue, nested.bytes)
        }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { notFlat() }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { notFlat() }
    func superEncoder() -> any Encoder { notFlat() }
    func superEncoder(forKey key: Key) -> any Encoder { notFlat() }
}
