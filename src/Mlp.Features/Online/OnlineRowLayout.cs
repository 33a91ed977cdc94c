using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>
/// Where the fields of a view lie in the bytes of an online row, little-endian:
/// <code>
/// row = definition id (u32), flags (u32), event time (i64), created time (i64), sequence (i64),
///       one bit per field in words of 64 bits, set where the value is present,
///       float64 fields, int64 fields, float32 fields, boolean fields (1 byte), text fields (i32 length, UTF-8 bytes)
/// </code>
/// Within a type the fields stand in the view's order; a vector is one float32 field with one bit, its elements one behind the other. A null is stored as NaN, 0 or the empty text, so that a block can be copied as it is.
/// All flags of a row that is kept are 0, and a row with another is not read. <see cref="DeletionFlag"/> marks what is handed to the row store to delete a row; it is never kept.
/// Immutable and thread-safe.
/// </summary>
internal sealed class OnlineRowLayout
{
    /// <summary>Version of this layout; it stands in every checkpoint and write-ahead log.</summary>
    internal const int FormatVersion = 1;

    /// <summary>The flag of a request to delete, whose sequence says through which pushed row it reaches.</summary>
    internal const uint DeletionFlag = 1;

    /// <summary>Where the row version starts, behind definition id and flags.</summary>
    internal const int VersionOffset = 2 * sizeof(uint);

    /// <summary>Length of definition id, flags and row version.</summary>
    internal const int HeaderLength = VersionOffset + (3 * sizeof(long));

    /// <summary>Where the presence bits start.</summary>
    internal const int PresenceOffset = HeaderLength;

    private readonly int[] _offsets;

    /// <summary>Lays out fields.</summary>
    /// <param name="fields">Fields in the view's order.</param>
    internal OnlineRowLayout(IReadOnlyList<OnlineField> fields)
    {
        Fields = [.. fields];
        _offsets = new int[Fields.Count];
        PresenceWords = (Fields.Count + 63) / 64;
        var offset = PresenceOffset + (PresenceWords * sizeof(ulong));
        foreach (var (type, width) in new[] { (FeatureType.Float64, 8), (FeatureType.Int64, 8), (FeatureType.Float32, 4), (FeatureType.Boolean, 1) })
        {
            for (var i = 0; i < Fields.Count; i++)
            {
                if (Fields[i].Type == type)
                {
                    _offsets[i] = offset;
                    offset = checked(offset + (width * Fields[i].Length));
                }
            }
        }

        FixedLength = offset;
        for (var i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Type == FeatureType.String)
            {
                _offsets[i] = StringCount++;
            }
        }
    }

    /// <summary>The fields in the view's order.</summary>
    internal IReadOnlyList<OnlineField> Fields { get; }

    /// <summary>Number of 64-bit words that hold the presence bits.</summary>
    internal int PresenceWords { get; }

    /// <summary>Length of everything before the text fields.</summary>
    internal int FixedLength { get; }

    /// <summary>Number of text fields.</summary>
    internal int StringCount { get; }

    /// <summary>Byte offset of a field, or its position among the text fields.</summary>
    /// <param name="field">Index in <see cref="Fields"/>.</param>
    internal int OffsetOf(int field) => _offsets[field];
}
