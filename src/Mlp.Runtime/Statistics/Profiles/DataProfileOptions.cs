using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>Settings of a <see cref="DataProfile"/>. Profiles that are to be merged need the same ones.</summary>
public sealed class DataProfileOptions
{
    /// <summary>How quantiles are kept.</summary>
    /// <value>The default value is <see cref="QuantileSketchKind.DDSketch"/>.</value>
    public QuantileSketchKind QuantileSketch { get; set; } = QuantileSketchKind.DDSketch;

    /// <summary>How far a quantile of a DDSketch may be off, as a share of its value, 0.0001 to 0.5.</summary>
    /// <value>The default value is 0.01.</value>
    [Range(0.0001, 0.5)]
    public double RelativeAccuracy { get; set; } = DDSketch.DefaultRelativeAccuracy;

    /// <summary>Bins per sign of a DDSketch, 16 to 65,536. Where values span more, the least magnitudes are folded together.</summary>
    /// <value>The default value is 2,048: 17 decades at an accuracy of 1 %.</value>
    [Range(16, 65_536)]
    public int MaximumBinCount { get; set; } = DDSketch.DefaultMaximumBinCount;

    /// <summary>k of a KLL sketch, 8 to 65,535.</summary>
    /// <value>The default value is 200: an error of rank of 1.33 %.</value>
    [Range(8, 65_535)]
    public int KllK { get; set; } = Kll.DefaultK;

    /// <summary>p of the distinct counts, 4 to 16: 2^p bytes each.</summary>
    /// <value>The default value is 12: a standard error of 1.62 %.</value>
    [Range(4, 16)]
    public int DistinctPrecision { get; set; } = HyperLogLog.DefaultPrecision;

    /// <summary>Counters of the frequent items of a categorical column, 2 to 65,536.</summary>
    /// <value>The default value is 768: exact up to so many categories.</value>
    [Range(2, 65_536)]
    public int FrequentItemCapacity { get; set; } = FrequentItems.DefaultCapacity;

    /// <summary>Names of integer columns whose numbers are codes; texts are categorical in any case.</summary>
    /// <value>The default value is empty.</value>
    public ISet<string> CategoricalColumns { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Name of the column of times that says which time a profile is of, or null for none. It is profiled too.</summary>
    /// <value>The default value is null.</value>
    public string? TimeColumn { get; set; }

    /// <summary>Name of a column of float64 that says how many rows each row stands for, finite and above 0, or null where each stands for itself. It is not profiled.</summary>
    /// <value>The default value is null.</value>
    public string? WeightColumn { get; set; }

    /// <summary>Threads that read columns at once, 1 to 1,024. The profile has the same bits for any number.</summary>
    /// <value>The default value is the number of processors.</value>
    [Range(1, 1_024)]
    public int MaximumParallelism { get; set; } = Environment.ProcessorCount;

    internal DataProfileOptions Validate()
    {
        // The sketches know their own ranges.
        _ = new ColumnSketch("", ProfileColumnType.Float64, isCategorical: true, this);
        if (!Enum.IsDefined(QuantileSketch))
        {
            throw new ArgumentOutOfRangeException(nameof(QuantileSketch), QuantileSketch, "Expected a known kind of quantile sketch.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumParallelism, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaximumParallelism, 1_024);
        return this;
    }
}
