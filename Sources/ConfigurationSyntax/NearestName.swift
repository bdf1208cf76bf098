/// The name that somebody most likely meant, if one is near enough.
package func nearestName(to text: String, among names: [String]) -> String? {
    // Names from the environment have underscores.
    let written = text.lowercased().utf8.prefix(64).map {
        $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0
    }
    let distances = names.map { (name: $0, distance: editDistance(written, Array($0.utf8))) }
    guard let nearest = distances.min(by: { $0.distance < $1.distance }) else { return nil }
    return nearest.distance <= max(1, nearest.name.utf8.count / 3) ? nearest.name : nil
}

/// How many bytes to insert, remove or replace to make one text from the other (Levenshtein).
private func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var row = Array(0...second.count)
    for (index, byte) in first.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in second.indices {
            let replaced = diagonal + (byte == second[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
        }
    }
    return row[second.count]
}
