using Apache.Arrow;
using Mlp.Monitoring.Segments;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Which request times and roles the rows of a file of a log have. Built batch by batch; not thread-safe while it is.</summary>
internal sealed class LogCoverage
{
    /// <summary>More roles than this are not told apart: the file may hold any.</summary>
    private const int MaximumVariantCount = 64;

    private readonly HashSet<string> _variants = new(StringComparer.Ordinal);

    /// <summary>Creates the coverage of a file without rows.</summary>
    public LogCoverage()
    {
    }

    /// <summary>Creates a known coverage.</summary>
    /// <param name="first">Least request time, microseconds.</param>
    /// <param name="last">Greatest request time.</param>
    /// <param name="variants">The roles.</param>
    public LogCoverage(long first, long last, IEnumerable<string> variants)
    {
        (First, Last) = (first, last);
        _variants.UnionWith(variants);
    }

    /// <summary>Least request time, microseconds; the greatest number where no row has one.</summary>
    public long First { get; private set; } = long.MaxValue;

    /// <summary>Greatest request time; the least number where no row has one.</summary>
    public long Last { get; private set; } = long.MinValue;

    /// <summary>Adds the rows of a batch.</summary>
    public void Add(RecordBatch batch)
    {
        if (batch.Find<TimestampArray>(PredictionColumns.RequestTime) is { } times)
        {
            for (var i = 0; i < times.Length; i++)
            {
                if (times.GetValue(i) is { } time)
                {
                    (First, Last) = (Math.Min(First, time), Math.Max(Last, time));
                }
            }
        }

        if (batch.Find<StringArray>(PredictionColumns.Variant) is { } variants && _variants.Count <= MaximumVariantCount)
        {
            for (var i = 0; i < variants.Length; i++)
            {
                if (variants.IsValid(i) && (i == 0 || !variants.GetBytes(i).SequenceEqual(variants.GetBytes(i - 1))))
                {
                    _variants.Add(variants.GetString(i));
                }
            }
        }
    }

    /// <summary>Whether a row may lie in a range of request times, which a row without one never does, and have a role.</summary>
    /// <param name="from">First request time, inclusive; the least number for the beginning.</param>
    /// <param name="to">Last request time, exclusive; the greatest number for the end.</param>
    /// <param name="variant">The role, or null for any.</param>
    public bool MayHold(long from, long to, string? variant = null)
        => ((from == long.MinValue && to == long.MaxValue) || (Last >= from && First < to))
            && (variant is null || _variants.Count > MaximumVariantCount || _variants.Contains(variant));
}
