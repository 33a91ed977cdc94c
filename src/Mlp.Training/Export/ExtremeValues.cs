using Mlp.Runtime.Data;

namespace Mlp.Training.Export;

/// <summary>The values on which a file and a trained model are most likely to part: ends of each type's range, numbers that are none, texts and times that no training row has.</summary>
internal static class ExtremeValues
{
    private const long Day = 86_400_000_000;

    private static readonly (string Name, float Value)[] Singles =
    [
        ("the greatest finite value", float.MaxValue), ("the least finite value", float.MinValue), ("the smallest number above 0", float.Epsilon), ("the smallest number below 0", -float.Epsilon),
        ("the smallest normal number", 1.17549435e-38f), ("infinity", float.PositiveInfinity), ("minus infinity", float.NegativeInfinity), ("NaN", float.NaN), ("0", 0), ("minus 0", -0f),
    ];

    // 3.4028235677973366e38 is where rounding to float32 begins to give infinity.
    private static readonly (string Name, double Value)[] Doubles =
    [
        ("the greatest finite value", double.MaxValue), ("the least finite value", double.MinValue), ("the smallest number above 0", double.Epsilon),
        ("the smallest normal number", 2.2250738585072014e-308), ("infinity", double.PositiveInfinity), ("minus infinity", double.NegativeInfinity), ("NaN", double.NaN), ("0", 0), ("minus 0", -0.0),
        ("the greatest float32", float.MaxValue), ("the least number beyond float32", 3.4028235677973366e38), ("the smallest float32", float.Epsilon), ("2^53", 9_007_199_254_740_992),
    ];

    // Microseconds, as times are: both ends of the calendar, the instant before 1970, a leap day, and the second in which 32 bits end.
    private static readonly (string Name, long Value)[] Integers =
    [
        ("the greatest value", long.MaxValue), ("the least value", long.MinValue), ("0", 0), ("minus 1", -1), ("2^53 + 1", 9_007_199_254_740_993), ("2^31", 1L << 31),
        ("the time 0001-01-01", -62_135_596_800_000_000), ("the time 9999-12-31T23:59:59.999999", 253_402_300_799_999_999), ("the time 2024-02-29", 19_782 * Day),
        ("the time 2038-01-19T03:14:08", 2_147_483_648_000_000), ("the least value but one", long.MinValue + 1),
    ];

    private static readonly (string Name, bool Value)[] Truths = [("true", true), ("false", false)];

    private static readonly (string Name, string Value)[] Texts =
    [
        ("the empty text", string.Empty), ("a text that no row has", "\u2205 mlp unseen \u2205"), ("a space", " "), ("a text of 4,096 characters", new string('x', 4096)),
        ("a text beyond the basic plane", "\U0001F600"), ("a letter and its accent apart", "e\u0301"), ("a line break", "\n"),
    ];

    /// <summary>How many extreme values a type has.</summary>
    /// <param name="type">The type.</param>
    public static int CountOf(FeatureType type) => type switch
    {
        FeatureType.Float32 => Singles.Length,
        FeatureType.Float64 => Doubles.Length,
        FeatureType.Int64 => Integers.Length,
        FeatureType.Boolean => Truths.Length,
        _ => Texts.Length,
    };

    /// <summary>What an extreme value is, in words.</summary>
    /// <param name="type">The type.</param>
    /// <param name="index">Which, counted round.</param>
    public static string NameOf(FeatureType type, int index) => type switch
    {
        FeatureType.Float32 => Singles[index % Singles.Length].Name,
        FeatureType.Float64 => Doubles[index % Doubles.Length].Name,
        FeatureType.Int64 => Integers[index % Integers.Length].Name,
        FeatureType.Boolean => Truths[index % Truths.Length].Name,
        _ => Texts[index % Texts.Length].Name,
    };

    /// <summary>Puts an extreme value in the place of a row's value; in all elements of a vector.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="row">The row.</param>
    /// <param name="column">The feature.</param>
    /// <param name="index">Which value, counted round.</param>
    public static void Set(FeatureRows rows, int row, int column, int index)
    {
        var feature = rows.Layout.Columns[column];
        var offset = rows.Layout.OffsetOf(column);
        rows.StatusOf(row)[column] = FeatureStatus.Present;
        switch (feature.Type)
        {
            case FeatureType.Float32:
                rows.Float32Of(row).Slice(offset, feature.Length).Fill(Singles[index % Singles.Length].Value);
                break;
            case FeatureType.Float64:
                rows.Float64Of(row)[offset] = Doubles[index % Doubles.Length].Value;
                break;
            case FeatureType.Int64:
                rows.Int64Of(row)[offset] = Integers[index % Integers.Length].Value;
                break;
            case FeatureType.Boolean:
                rows.BooleanOf(row)[offset] = Truths[index % Truths.Length].Value;
                break;
            default:
                rows.SetString(row, offset, Texts[index % Texts.Length].Value);
                break;
        }
    }
}
