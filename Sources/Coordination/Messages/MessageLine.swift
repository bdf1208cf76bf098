package import FoundationEssentials

/// A message that is one line of JSON, with a `type` that says which.
package protocol LineMessage: Sendable {
    /// Reads the fields that belong to a type; none if there is no such type.
    init?(type: String, from decoder: any Decoder) throws
    /// The type.
    var type: String { get }
    /// Writes the fields besides the type.
    func encodeFields(to encoder: any Encoder) throws
    /// Throws, if a field has a value that makes no sense.
    func check() throws(Refusal)
    /// No line of this kind has more bytes, the newline not counted.
    static var lineByteCountMaximum: Int { get }
}

extension LineMessage {
    /// Reads a message from a line without its newline.
    ///
    /// - Throws: `Refusal`, if the line is too long, no JSON, or not a message.
    package init(line: some Collection<UInt8>) throws(Refusal) {
        guard line.count <= Self.lineByteCountMaximum else {
            throw Refusal(
                reason: "a line of \(line.count) bytes is longer than "
                    + "\(Self.lineByteCountMaximum) bytes"
            )
        }
        do {
            self = try JSONDecoder().decode(Tagged<Self>.self, from: Data(line)).message
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(reason: "the line is not a message: \(Self.reason(of: error))")
        }
        try check()
    }

    package static var lineByteCountMaximum: Int { CoordinatorProtocol.lineByteCountMaximum }

    /// What is wrong with a line, in a few words of our own.
    private static func reason(of error: any Error) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error as? DecodingError {
        case .keyNotFound(let key, _): "it has no \(key.stringValue)"
        case .typeMismatch(_, let context): "\(path(context)) is of the wrong kind"
        case .valueNotFound(_, let context): "\(path(context)) is null"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "\(path(context)) has a value that is not allowed"
        default: "it is not JSON"
        }
    }

    /// The message as a line, newline included.
    package var line: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Plain values cannot fail to be written; a number that JSON lacks is left to the reader.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        var data = (try? encoder.encode(Tagged(message: self))) ?? Data()
        data.append(UInt8(ascii: "\n"))
        return data
    }
}

private struct Tagged<Message: LineMessage>: Codable {
    let message: Message

    enum CodingKeys: CodingKey { case type }

    init(message: Message) { self.message = message }

    init(from decoder: any Decoder) throws {
        let type = try decoder.container(keyedBy: CodingKeys.self)
            .decode(String.self, forKey: .type)
        guard let message = try Message(type: type, from: decoder) else {
            throw Refusal(reason: "there is no message of that type")
        }
        self.message = message
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(message.type, forKey: .type)
        try message.encodeFields(to: encoder)
    }
}

extension MemberMessage: LineMessage {
    package init?(type: String, from decoder: any Decoder) throws {
        switch type {
        case "join": self = .join(try Join(from: decoder))
        case "progress": self = .progress(try Progress(from: decoder))
        case "state": self = .state(try StateChange(from: decoder))
        default: return nil
        }
    }

    package var type: String {
        switch self {
        case .join: "join"
        case .progress: "progress"
        case .state: "state"
        }
    }

    package func encodeFields(to encoder: any Encoder) throws {
        switch self {
        case .join(let join): try join.encode(to: encoder)
        case .progress(let progress): try progress.encode(to: encoder)
        case .state(let change): try change.encode(to: encoder)
        }
    }
}

extension CoordinatorMessage: LineMessage {
    package init?(type: String, from decoder: any Decoder) throws {
        switch type {
        case "welcome": self = .welcome(try Welcome(from: decoder))
        case "decision": self = .decision(try Decision(from: decoder))
        case "alive": self = .alive
        case "refusal": self = .refusal(try Refusal(from: decoder))
        default: return nil
        }
    }

    package var type: String {
        switch self {
        case .welcome: "welcome"
        case .decision: "decision"
        case .alive: "alive"
        case .refusal: "refusal"
        }
    }

    package func encodeFields(to encoder: any Encoder) throws {
        switch self {
        case .welcome(let welcome): try welcome.encode(to: encoder)
        case .decision(let decision): try decision.encode(to: encoder)
        case .alive: break
        case .refusal(let refusal): try refusal.encode(to: encoder)
        }
    }
}

extension OperatorRequest: LineMessage {
    private enum Field: CodingKey { case application }

    package init?(type: String, from decoder: any Decoder) throws {
        func application() throws -> String {
            try decoder.container(keyedBy: Field.self).decode(String.self, forKey: .application)
        }
        switch type {
        case "list": self = .list
        case "abort": self = .abort(application: try application())
        case "release": self = .release(application: try application())
        default: return nil
        }
    }

    package var type: String {
        switch self {
        case .list: "list"
        case .abort: "abort"
        case .release: "release"
        }
    }

    package func encodeFields(to encoder: any Encoder) throws {
        switch self {
        case .list: break
        case .abort(let application), .release(let application):
            var container = encoder.container(keyedBy: Field.self)
            try container.encode(application, forKey: .application)
        }
    }
}

extension OperatorAnswer: LineMessage {
    package static var lineByteCountMaximum: Int { CoordinatorProtocol.answerByteCountMaximum }

    private enum Field: CodingKey { case groups }

    package init?(type: String, from decoder: any Decoder) throws {
        switch type {
        case "groups":
            self = .groups(
                try decoder.container(keyedBy: Field.self)
                    .decode([GroupSnapshot].self, forKey: .groups)
            )
        case "refusal": self = .refusal(try Refusal(from: decoder))
        default: return nil
        }
    }

    package var type: String {
        switch self {
        case .groups: "groups"
        case .refusal: "refusal"
        }
    }

    package func encodeFields(to encoder: any Encoder) throws {
        switch self {
        case .groups(let groups):
            var container = encoder.container(keyedBy: Field.self)
            try container.encode(groups, forKey: .groups)
        case .refusal(let refusal): try refusal.encode(to: encoder)
        }
    }
}
