/// Where the pages of a cache are.
public enum CacheMemory: Sendable {
    /// In memory of the cache, as copies.
    case own

    /// Where they were given, as long as they are valid and the same there while the coder lives; only
    /// those that the coder builds itself are in memory of the cache.
    case source
}
