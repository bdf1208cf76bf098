import Testing

@testable import LibxlHelper

struct HelperArgumentsTests {
    private static let save = ["--save-domain", "11", "-1", "4", "3", "136", "0"]
    private static let restore = [
        "--restore-domain", "0", "9", "5", "1", "0", "2", "32767", "768", "1",
    ]
    private static let saveNames = [
        "stream descriptor", "back descriptor", "domid", "flags", "callback mask", "stream type",
    ]
    private static let restoreNames = [
        "stream descriptor", "back descriptor", "domid", "store event channel", "store domid",
        "console event channel", "console domid", "callback mask", "stream type",
    ]
    private static let modes = [(save, saveNames), (restore, restoreNames)]

    @Test func saveArgumentsAreRead() throws {
        guard case .save(let arguments) = try HelperArguments(Self.save) else {
            Issue.record("not the mode that was asked for")
            return
        }
        #expect(arguments.streamDescriptor == 11)
        #expect(arguments.backDescriptor == -1)
        #expect(arguments.domid == 4)
        #expect(arguments.flags == 3)
        #expect(arguments.callbackMask == 0x88)
        #expect(arguments.streamType == .plain)
    }

    @Test func restoreArgumentsAreRead() throws {
        guard case .restore(let arguments) = try HelperArguments(Self.restore) else {
            Issue.record("not the mode that was asked for")
            return
        }
        #expect(arguments.streamDescriptor == 0)
        #expect(arguments.backDescriptor == 9)
        #expect(arguments.domid == 5)
        #expect(arguments.storeEventChannel == 1)
        #expect(arguments.storeDomid == 0)
        #expect(arguments.consoleEventChannel == 2)
        #expect(arguments.consoleDomid == 32767)
        #expect(arguments.callbackMask == 768)
        #expect(arguments.streamType == .remus)
    }

    @Test func streamTypesAreThoseOfLibxenguest() throws {
        let types = try (0...2).map { number in
            let arguments = try HelperArguments(Self.save.dropLast() + [String(number)])
            guard case .save(let save) = arguments else { return nil as StreamType? }
            return save.streamType
        }
        #expect(types == [.plain, .remus, .colo])
    }

    @Test func missingModeIsNamed() {
        #expect(throws: HelperArgumentsError.noMode) { try HelperArguments([]) }
        for mode in ["", "--save", "--Save-Domain", "7", "--help"] {
            #expect(throws: HelperArgumentsError.unknownMode(mode)) {
                try HelperArguments([mode, "1", "2", "3", "4", "5", "0"])
            }
        }
    }

    @Test(arguments: modes)
    func missingArgumentIsNamed(_ arguments: [String], _ names: [String]) {
        for (index, name) in names.enumerated() {
            #expect(throws: HelperArgumentsError.missing(name)) {
                try HelperArguments(Array(arguments.prefix(index + 1)))
            }
        }
    }

    @Test(arguments: modes)
    func argumentThatIsNoNumberIsNamed(_ arguments: [String], _ names: [String]) {
        for (index, name) in names.enumerated() {
            for text in ["", "x", "1x", " 1", "0x10", "1.0", "99999999999999999999"] {
                var wrong = arguments
                wrong[index + 1] = text
                #expect(throws: HelperArgumentsError.notANumber(name, found: text)) {
                    try HelperArguments(wrong)
                }
            }
        }
    }

    @Test(arguments: modes)
    func numberThatDoesNotFitIsNamed(_ arguments: [String], _ names: [String]) {
        for (index, name) in names.enumerated() {
            let isDescriptor = name.hasSuffix("descriptor")
            for text in isDescriptor ? ["2147483648", "-2147483649"] : ["4294967296", "-1"] {
                var wrong = arguments
                wrong[index + 1] = text
                #expect(throws: HelperArgumentsError.notANumber(name, found: text)) {
                    try HelperArguments(wrong)
                }
            }
        }
    }

    @Test(arguments: modes)
    func unknownStreamTypeIsNamed(_ arguments: [String], _ names: [String]) {
        #expect(throws: HelperArgumentsError.notANumber("stream type", found: "3")) {
            try HelperArguments(arguments.dropLast() + ["3"])
        }
    }

    @Test(arguments: modes)
    func surplusArgumentIsNamed(_ arguments: [String], _ names: [String]) {
        #expect(throws: HelperArgumentsError.surplus("more")) {
            try HelperArguments(arguments + ["more", "and more"])
        }
    }

    @Test func errorsSayWhatIsWrong() {
        let errors: [(HelperArgumentsError, String)] = [
            (.noMode, "no mode was given"),
            (.unknownMode("-x"), "unknown mode '-x'"),
            (.missing("domid"), "the argument 'domid' is missing"),
            (.notANumber("domid", found: "y"), "the argument 'domid' cannot be 'y'"),
            (.surplus("z"), "unexpected argument 'z'"),
        ]
        for (error, text) in errors { #expect(error.description == text) }
    }
}
