using System.Globalization;
using System.Text;
using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.Queries;

/// <summary>Which logged predictions are meant. Immutable.</summary>
internal sealed record PredictionFilter
{
    /// <summary>First request time, microseconds, inclusive; the least number for the beginning.</summary>
    public long From { get; init; } = long.MinValue;

    /// <summary>Last request time, microseconds, exclusive; the greatest number for the end.</summary>
    public long To { get; init; } = long.MaxValue;

    /// <summary>One version only, or null for all.</summary>
    public int? Version { get; init; }

    /// <summary>One variant only, or null for all.</summary>
    public string? Variant { get; init; }

    /// <summary>From what a caller says.</summary>
    public static PredictionFilter Of(int? version, DateTimeOffset? from, DateTimeOffset? to, string? variant = null) => new()
    {
        From = from is null ? long.MinValue : Microseconds.FromRequestTime(from.Value),
        To = to is null ? long.MaxValue : Microseconds.FromRequestTime(to.Value),
        Version = version,
        Variant = variant,
    };

    /// <summary>The rows of a batch that are meant, without copying.</summary>
    /// <param name="batch">Predictions of a version that is meant, in memory of the garbage collector.</param>
    /// <returns>The runs of rows, in order.</returns>
    public IEnumerable<RecordBatch> Cut(RecordBatch batch)
        => FindRuns(batch).Select(run => run.Length == batch.Length ? batch : batch.Slice(run.Start, run.Length));

    /// <summary>The same in SQL, over the columns of a log.</summary>
    public string ToSql()
    {
        var conditions = new List<string> { "true" };
        if (From != long.MinValue)
        {
            conditions.Add(string.Create(CultureInfo.InvariantCulture, $"epoch_us({PredictionColumns.RequestTime}) >= {From}"));
        }

        if (To != long.MaxValue)
        {
            conditions.Add(string.Create(CultureInfo.InvariantCulture, $"epoch_us({PredictionColumns.RequestTime}) < {To}"));
        }

        if (Version is { } version)
        {
            conditions.Add(string.Create(CultureInfo.InvariantCulture, $"{PredictionColumns.ModelVersion} = {version}"));
        }

        if (Variant is { } variant)
        {
            conditions.Add($"{PredictionColumns.Variant} = {SqlText.Text(variant)}");
        }

        return string.Join(" AND ", conditions);
    }

    private List<(int Start, int Length)> FindRuns(RecordBatch batch)
    {
        var runs = new List<(int Start, int Length)>();
        if (From == long.MinValue && To == long.MaxValue && Variant is null)
        {
            if (batch.Length > 0)
            {
                runs.Add((0, batch.Length));
            }

            return runs;
        }

        // A time or a role that is not known lies in every one only.
        var times = batch.Find<TimestampArray>(PredictionColumns.RequestTime);
        var variants = batch.Find<StringArray>(PredictionColumns.Variant);
        var variant = Variant is null ? null : Encoding.UTF8.GetBytes(Variant);
        var start = -1;
        for (var i = 0; i <= batch.Length; i++)
        {
            var isInside = i < batch.Length && IsWithin(times, i) && (variant is null || variants?.GetBytes(i).SequenceEqual(variant) == true);
            if (isInside && start < 0)
            {
                start = i;
            }
            else if (!isInside && start >= 0)
            {
                runs.Add((start, i - start));
                start = -1;
            }
        }

        return runs;
    }

    private bool IsWithin(TimestampArray? times, int row)
        => (From == long.MinValue && To == long.MaxValue) || (times?.GetValue(row) is { } time && time >= From && time < To);
}
