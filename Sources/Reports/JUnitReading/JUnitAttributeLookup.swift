/// What the attributes of a document's cases mean: each name is looked up once, and then found by its address.
///
/// Only for names that lie at one address in the whole document.
final class JUnitAttributeLookup {
    private var found: [(name: UnsafePointer<CChar>, meaning: JUnitAttribute?)] = []

    subscript(_ name: UnsafePointer<CChar>) -> JUnitAttribute? {
        for entry in found where entry.name == name { return entry.meaning }
        let meaning = JUnitAttribute.named[JUnitWords.normalized(name)]
        // A document of many names can't make the search long.
        if found.count < 32 { found.append((name, meaning)) }
        return meaning
    }
}
