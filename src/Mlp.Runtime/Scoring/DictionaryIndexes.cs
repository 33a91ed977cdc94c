using Apache.Arrow;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads the indexes of a dictionary-encoded column, whatever integer type they have.</summary>
internal static class DictionaryIndexes
{
    /// <summary>How to read an index.</summary>
    /// <param name="indexes">The indexes.</param>
    /// <returns>The dictionary position of a row that is not null; null for an unknown type.</returns>
    public static Func<int, int>? Of(IArrowArray indexes) => indexes switch
    {
        Int8Array a => i => a.Values[i],
        Int16Array a => i => a.Values[i],
        Int32Array a => i => a.Values[i],
        Int64Array a => i => checked((int)a.Values[i]),
        UInt8Array a => i => a.Values[i],
        UInt16Array a => i => a.Values[i],
        UInt32Array a => i => checked((int)a.Values[i]),
        UInt64Array a => i => checked((int)a.Values[i]),
        _ => null,
    };
}
