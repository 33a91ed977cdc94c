using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Mlp.Runtime.Statistics.Estimation;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Runtime.Statistics;

/// <summary>Builds a <see cref="ReferenceProfile"/> from whole columns. Not safe for use by several threads at once.</summary>
/// <remarks>
/// Columns are read, not kept. Every column has the same rows. In every column, <c>isPresent</c> says which rows have a value; empty (the
/// default) means all, and NaN is missing in any case. The result depends on the values, not on the order of the rows.
/// </remarks>
public sealed class ReferenceProfileBuilder
{
    private readonly int _binCount;
    private readonly int _maximumCategories;
    private readonly QuantileSketchKind _quantileSketch;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly ImmutableArray<FeatureProfile>.Builder _features = ImmutableArray.CreateBuilder<FeatureProfile>();
    private ScoreProfile? _score;
    private CategoricalFeatureProfile? _predictedClass;
    private PerformanceEstimator? _estimator;
    private MulticlassPerformanceEstimator? _classEstimator;
    private DirectLossEstimator? _lossEstimator;
    private int? _rowCount;

    /// <summary>Creates a builder.</summary>
    /// <param name="binCount">Bins of values per numeric feature, 2 to 256; 10 (deciles) by default.</param>
    /// <param name="maximumCategories">Categories listed per categorical feature, 1 to 65,536; 64 by default.</param>
    /// <param name="quantileSketch">How quantiles of numbers are kept beside the bins. KLL tells values apart that lie within 2 % of each other, such as years or temperatures in kelvin.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range, or the kind of sketch is unknown.</exception>
    public ReferenceProfileBuilder(int binCount = 10, int maximumCategories = 64, QuantileSketchKind quantileSketch = QuantileSketchKind.DDSketch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(binCount, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(binCount, 256);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumCategories, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumCategories, 65_536);
        if (!Enum.IsDefined(quantileSketch))
        {
            throw new ArgumentOutOfRangeException(nameof(quantileSketch), quantileSketch, "Expected a known kind of quantile sketch.");
        }

        _quantileSketch = quantileSketch;
        _binCount = binCount;
        _maximumCategories = maximumCategories;
    }

    /// <summary>Adds a numeric feature.</summary>
    /// <param name="name">The feature's name, not yet added.</param>
    /// <param name="values">Shape (rows), in the element type that the model is fed with: float32 and float64 values of the same decimal
    /// are different numbers.</param>
    /// <param name="isPresent">Shape (rows), or empty.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, or a column has another number of rows.</exception>
    public ReferenceProfileBuilder AddNumeric(string name, ReadOnlySpan<float> values, ReadOnlySpan<bool> isPresent = default)
    {
        Enter(name, values.Length, isPresent.Length);
        _features.Add(ProfileNumeric(name, values, isPresent));
        return this;
    }

    /// <inheritdoc cref="AddNumeric(string, ReadOnlySpan{float}, ReadOnlySpan{bool})"/>
    public ReferenceProfileBuilder AddNumeric(string name, ReadOnlySpan<double> values, ReadOnlySpan<bool> isPresent = default)
    {
        Enter(name, values.Length, isPresent.Length);
        _features.Add(ProfileNumeric(name, values, isPresent));
        return this;
    }

    /// <inheritdoc cref="AddNumeric(string, ReadOnlySpan{float}, ReadOnlySpan{bool})"/>
    /// <remarks>
    /// Integers are counted as doubles: beyond 2^53 neighbours fall together, alike in the reference and in later windows.
    /// </remarks>
    public ReferenceProfileBuilder AddNumeric(string name, ReadOnlySpan<long> values, ReadOnlySpan<bool> isPresent = default)
    {
        Enter(name, values.Length, isPresent.Length);
        var wide = new double[values.Length];
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }

        _features.Add(ProfileNumeric<double>(name, wide, isPresent, ProfileColumnType.Int64, values));
        return this;
    }

    /// <summary>Adds a feature of truth values as a numeric one, 0 and 1.</summary>
    /// <param name="name">The feature's name, not yet added.</param>
    /// <param name="values">Shape (rows).</param>
    /// <param name="isPresent">Shape (rows), or empty.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, or a column has another number of rows.</exception>
    public ReferenceProfileBuilder AddBoolean(string name, ReadOnlySpan<bool> values, ReadOnlySpan<bool> isPresent = default)
    {
        Enter(name, values.Length, isPresent.Length);
        var (wide, integers) = (new float[values.Length], new long[values.Length]);
        for (var i = 0; i < wide.Length; i++)
        {
            integers[i] = values[i] ? 1 : 0;
            wide[i] = integers[i];
        }

        _features.Add(ProfileNumeric<float>(name, wide, isPresent, ProfileColumnType.Boolean, integers));
        return this;
    }

    /// <summary>Adds a categorical feature.</summary>
    /// <param name="name">The feature's name, not yet added.</param>
    /// <param name="values">Shape (rows); null is missing, the empty string is a category.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, or a column has another number of rows.</exception>
    public ReferenceProfileBuilder AddCategorical(string name, ReadOnlySpan<string?> values)
    {
        Enter(name, values.Length, 0);
        var tally = new CategoryTally();
        foreach (var value in values)
        {
            tally.Add(value);
        }

        _features.Add(tally.ToProfile(name, _maximumCategories).With(ReferenceSketches.OfTexts(name, tally)));
        return this;
    }

    /// <summary>
    /// Adds a categorical feature whose categories are integers, such as codes of areas; a category's name is the number in decimal digits.
    /// </summary>
    /// <param name="name">The feature's name, not yet added.</param>
    /// <param name="values">Shape (rows).</param>
    /// <param name="isPresent">Shape (rows), or empty.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, or a column has another number of rows.</exception>
    public ReferenceProfileBuilder AddCategorical(string name, ReadOnlySpan<long> values, ReadOnlySpan<bool> isPresent = default)
    {
        Enter(name, values.Length, isPresent.Length);
        var tally = new CategoryTally();
        Span<char> digits = stackalloc char[20];
        for (var i = 0; i < values.Length; i++)
        {
            if (!isPresent.IsEmpty && !isPresent[i])
            {
                tally.AddMissing();
            }
            else if (values[i].TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture))
            {
                tally.Add(digits[..length]);
            }
        }

        _features.Add(tally.ToProfile(name, _maximumCategories).With(ReferenceSketches.OfCodes(name, values, isPresent, tally, _quantileSketch)));
        return this;
    }

    /// <summary>Sets the model's score on the same rows; NaN is missing.</summary>
    /// <param name="scores">Shape (rows), in the element type of the model's output.</param>
    /// <param name="name">The score's name; "score" by default.</param>
    /// <exception cref="ArgumentException">The scores have another number of rows than the features.</exception>
    public ReferenceProfileBuilder SetScore(ReadOnlySpan<float> scores, string name = "score") => SetScore<float>(scores, name);

    /// <inheritdoc cref="SetScore(ReadOnlySpan{float}, string)"/>
    public ReferenceProfileBuilder SetScore(ReadOnlySpan<double> scores, string name = "score") => SetScore<double>(scores, name);

    /// <summary>
    /// Sets the classes that the model predicted on the same rows, by the names that its output has. A binary model whose score is a probability and whose threshold of decision is a multiple of 0.05 does not need it: the score says it.
    /// </summary>
    /// <param name="classes">Shape (rows); null where the model predicted none.</param>
    /// <exception cref="ArgumentException">There are classes of another number of rows than the features have.</exception>
    public ReferenceProfileBuilder SetPredictedClass(ReadOnlySpan<string?> classes)
    {
        const string name = "predicted class";
        SetRowCount(name, classes.Length);
        var tally = new CategoryTally();
        foreach (var value in classes)
        {
            tally.Add(value);
        }

        _predictedClass = tally.ToProfile(name, _maximumCategories);
        return this;
    }

    /// <summary>Builds the profile; 0 rows and no features where nothing was added.</summary>
    public ReferenceProfile Build() => new(_rowCount ?? 0, _features.ToImmutable(), _score)
    {
        PredictedClass = _predictedClass,
        Estimator = _estimator,
        ClassEstimator = _classEstimator,
        LossEstimator = _lossEstimator,
    };

    /// <summary>Sets what quality without labels is estimated by; its rows need not be those of the columns.</summary>
    /// <param name="estimator">Learnt on labelled rows that the model was not trained on.</param>
    public ReferenceProfileBuilder SetEstimator(PerformanceEstimator estimator)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        _estimator = estimator;
        return this;
    }

    /// <summary>Sets what quality of several classes without labels is estimated by.</summary>
    /// <inheritdoc cref="SetEstimator(PerformanceEstimator)"/>
    public ReferenceProfileBuilder SetEstimator(MulticlassPerformanceEstimator estimator)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        _classEstimator = estimator;
        return this;
    }

    /// <summary>Sets what the errors of a regression without targets are estimated by: on the model's features that are numbers or truth values, in their order.</summary>
    /// <inheritdoc cref="SetEstimator(PerformanceEstimator)"/>
    public ReferenceProfileBuilder SetEstimator(DirectLossEstimator estimator)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        _lossEstimator = estimator;
        return this;
    }

    private ReferenceProfileBuilder SetScore<T>(ReadOnlySpan<T> scores, string name)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        SetRowCount(name, scores.Length);
        _score = new((NumericFeatureProfile)ProfileNumeric(name, scores, default), ProbabilityHistogram(scores));
        return this;
    }

    private static ImmutableArray<long> ProbabilityHistogram<T>(ReadOnlySpan<T> scores)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        const double tolerance = BinaryClassificationMetrics.ProbabilityTolerance;
        var histogram = new long[ScoreProfile.HistogramBinCount];
        foreach (var score in scores)
        {
            var probability = double.CreateTruncating(score);
            if (probability is < -tolerance or > 1 + tolerance)
            {
                return [];
            }

            if (!double.IsNaN(probability))
            {
                histogram[EqualWidthBins.IndexOf(probability, histogram.Length)]++;
            }
        }

        return histogram.Any(count => count > 0) ? [.. histogram] : [];
    }

    private FeatureProfile ProfileNumeric<T>(string name, ReadOnlySpan<T> values, ReadOnlySpan<bool> isPresent)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        => ProfileNumeric(name, values, isPresent, typeof(T) == typeof(float) ? ProfileColumnType.Float32 : ProfileColumnType.Float64, []);

    private FeatureProfile ProfileNumeric<T>(string name, ReadOnlySpan<T> values, ReadOnlySpan<bool> isPresent, ProfileColumnType type, ReadOnlySpan<long> integers)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var rented = ArrayPool<double>.Shared.Rent(values.Length);
        var finiteCount = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if ((isPresent.IsEmpty || isPresent[i]) && T.IsFinite(values[i]))
            {
                rented[finiteCount++] = double.CreateTruncating(values[i]);
            }
        }

        var finite = rented.AsSpan(0, finiteCount);
        RadixSort.Sort(finite);
        var edges = QuantileEdges.Choose(finite, _binCount, typeof(T) == typeof(float));
        var summary = NumericSummary.Of(finite);
        var equalWidth = summary.Minimum < summary.Maximum ? EqualWidthEdges(finite, typeof(T) == typeof(float)) : null;
        var sketches = ReferenceSketches.OfNumbers(name, type, values, isPresent, finite, integers, _quantileSketch);
        ArrayPool<double>.Shared.Return(rented);

        var equalWidthProfile = equalWidth is null ? null : CountRows(name, summary, equalWidth, values, isPresent);
        return CountRows(name, summary, edges, values, isPresent, equalWidthProfile).With(sketches);
    }

    /// <summary>The edges of <see cref="EqualWidthHistogram.Doane"/>; as the upper bin takes a value on an edge, the last one lies just above the largest value.</summary>
    private static double[] EqualWidthEdges(ReadOnlySpan<double> ascending, bool isSingle)
    {
        var edges = new List<double>();
        foreach (var edge in EqualWidthHistogram.Doane(ascending).Edges[..^1])
        {
            var rounded = isSingle ? (float)edge : edge;
            if (edges.Count == 0 || rounded > edges[^1])
            {
                edges.Add(rounded);
            }
        }

        return [.. edges, isSingle ? MathF.BitIncrement((float)ascending[^1]) : Math.BitIncrement(ascending[^1])];
    }

    private static NumericFeatureProfile CountRows<T>(
        string name, NumericSummary summary, double[] edges, ReadOnlySpan<T> values, ReadOnlySpan<bool> isPresent, NumericFeatureProfile? equalWidth = null)
        where T : unmanaged
    {
        var counts = new long[edges.Length + 2];
        CountRows(new(edges), values, isPresent, counts);
        return new(name, values.Length, counts[^1], summary, [.. edges], [.. counts.AsSpan(0, edges.Length + 1)]) { EqualWidth = equalWidth };
    }

    private static void CountRows<T>(NumericBins bins, ReadOnlySpan<T> values, ReadOnlySpan<bool> isPresent, Span<long> counts)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            bins.Count(MemoryMarshal.Cast<T, float>(values), isPresent, counts);
        }
        else
        {
            bins.Count(MemoryMarshal.Cast<T, double>(values), isPresent, counts);
        }
    }

    private void Enter(string name, int rowCount, int presenceCount)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (presenceCount != 0 && presenceCount != rowCount)
        {
            throw new ArgumentException(
                $"Expected presence for the {rowCount} rows of feature '{name}', or none, but found it for {presenceCount}.",
                nameof(name));
        }

        if (_names.Contains(name))
        {
            throw new ArgumentException($"Expected each feature once, but found '{name}' twice.", nameof(name));
        }

        SetRowCount(name, rowCount);
        _names.Add(name);
    }

    private void SetRowCount(string name, int rowCount)
    {
        if (_rowCount is { } expected && expected != rowCount)
        {
            throw new ArgumentException(
                $"Expected {expected} rows, as in the columns before, but found {rowCount} in '{name}'.",
                nameof(rowCount));
        }

        _rowCount = rowCount;
    }
}
