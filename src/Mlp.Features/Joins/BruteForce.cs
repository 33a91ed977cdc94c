using System.Runtime.InteropServices;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>One row of an entity's history.</summary>
/// <param name="Version">What orders it.</param>
/// <param name="Values">Its features in the service's order.</param>
internal readonly record struct HistoryRow(RowVersion Version, FeatureBits[] Values);

/// <summary>What a view says about an entity at a time.</summary>
/// <param name="Status">Present, Missing or Expired.</param>
/// <param name="EventTime">Event time of the row that is known, or null.</param>
/// <param name="Values">The features, all null unless present.</param>
internal readonly record struct ViewAnswer(FeatureStatus Status, long? EventTime, FeatureBits[] Values);

/// <summary>A value as its bits: what is compared is what is stored, not what counts as equal.</summary>
/// <param name="IsNull">Whether there is no value.</param>
/// <param name="Number">The bits of a number or truth value; the length of a vector.</param>
/// <param name="Text">The text of a text; the bits of a vector's elements in hexadecimal digits.</param>
internal readonly record struct FeatureBits(bool IsNull, long Number, string? Text)
{
    internal static FeatureBits Null => new(true, 0, null);

    internal static FeatureBits Of(ReadOnlySpan<float> vector) => new(false, vector.Length, Convert.ToHexString(MemoryMarshal.AsBytes(vector)));
}

/// <summary>The rules of time, applied row by row.</summary>
internal static class BruteForce
{
    /// <summary>Whether a row may be seen at a time.</summary>
    internal static bool IsVisible(in HistoryRow row, long asOf, JoinMode mode)
        => Visibility.IsVisible(row.Version.EventTime, asOf) && (mode == JoinMode.EventTime || row.Version.CreatedTime <= asOf);

    /// <summary>What the rows of one entity say at a time.</summary>
    internal static ViewAnswer Answer(IReadOnlyList<HistoryRow> rows, long asOf, long timeToLive, JoinMode mode, int columns)
    {
        HistoryRow? best = null;
        foreach (var row in rows)
        {
            if (IsVisible(row, asOf, mode) && (best is not { } current || Visibility.Supersedes(row.Version, current.Version)))
            {
                best = row;
            }
        }

        if (best is not { } found)
        {
            return new ViewAnswer(FeatureStatus.Missing, null, Nulls(columns));
        }

        return Visibility.IsExpired(found.Version.EventTime, asOf, timeToLive)
            ? new ViewAnswer(FeatureStatus.Expired, found.Version.EventTime, Nulls(columns))
            : new ViewAnswer(FeatureStatus.Present, found.Version.EventTime, found.Values);
    }

    private static FeatureBits[] Nulls(int count)
    {
        var nulls = new FeatureBits[count];
        Array.Fill(nulls, FeatureBits.Null);
        return nulls;
    }
}
