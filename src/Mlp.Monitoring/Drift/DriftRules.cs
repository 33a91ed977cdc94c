using System.Collections.Frozen;

namespace Mlp.Monitoring.Drift;

/// <summary>The validated settings of one model: what the running code sees. Immutable.</summary>
internal sealed record DriftRules
{
    private readonly DriftMethod _numericMethod;
    private readonly DriftMethod _categoricalMethod;
    private readonly DriftBinning _numericBinning;
    private readonly FrozenDictionary<string, (DriftMethod? Method, DriftBinning? Binning, double? Threshold, bool IsCategorical, bool IsIgnored)> _features;

    public DriftRules(DriftOptions options, double significance, long minimumRowCount)
    {
        (_numericMethod, _categoricalMethod, _numericBinning) = (options.NumericMethod, options.CategoricalMethod, options.NumericBinning);
        _features = options.Features.ToFrozenDictionary(f => f.Key, f => (f.Value.Method, f.Value.Binning, f.Value.Threshold, f.Value.IsCategorical, f.Value.IsIgnored), StringComparer.Ordinal);
        Significance = options.Significance ?? significance;
        MinimumRowCount = minimumRowCount;
        Correction = options.Correction;
        TestsWholeVector = options.TestsWholeVector;
        MissingShareThreshold = options.MissingShareThreshold;
        NewCategoryShareThreshold = options.NewCategoryShareThreshold;
        OutOfRangeShareThreshold = options.OutOfRangeShareThreshold;
    }

    public double Significance { get; }

    public long MinimumRowCount { get; }

    public MultipleTesting Correction { get; }

    public bool TestsWholeVector { get; }

    public double MissingShareThreshold { get; }

    public double NewCategoryShareThreshold { get; }

    public double OutOfRangeShareThreshold { get; }

    /// <summary>The distance that a method takes for drift unless the user says otherwise.</summary>
    public static double DefaultThreshold(DriftMethod method) => method == DriftMethod.LInfinity ? 0.05 : 0.1;

    /// <summary>Whether a method takes numbers only.</summary>
    public static bool NeedsNumbers(DriftMethod method) => method is DriftMethod.KolmogorovSmirnov or DriftMethod.Wasserstein or DriftMethod.Energy;

    /// <summary>Features that have settings of their own.</summary>
    public IEnumerable<string> NamedFeatures => _features.Keys.Order(StringComparer.Ordinal);

    public bool IsIgnored(string feature) => _features.TryGetValue(feature, out var own) && own.IsIgnored;

    public bool IsCategorical(string feature) => _features.TryGetValue(feature, out var own) && own.IsCategorical;

    /// <summary>The bins of a number.</summary>
    public DriftBinning BinningOf(string feature) => _features.TryGetValue(feature, out var own) && own.Binning is { } binning ? binning : _numericBinning;

    /// <summary>The method and the threshold of a feature; one for numbers is replaced for categories by the default.</summary>
    public (DriftMethod Method, double Threshold) Of(string feature, bool isCategorical)
    {
        _features.TryGetValue(feature, out var own);
        var method = own.Method ?? (isCategorical ? _categoricalMethod : _numericMethod);
        if (isCategorical && NeedsNumbers(method))
        {
            return (DriftMethod.PopulationStabilityIndex, DefaultThreshold(DriftMethod.PopulationStabilityIndex));
        }

        return (method, own.Threshold ?? DefaultThreshold(method));
    }
}
