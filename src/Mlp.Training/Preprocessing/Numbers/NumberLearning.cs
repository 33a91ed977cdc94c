using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>What is learned of one number, step by step: each step of the values as the one before it leaves them. Not thread-safe.</summary>
internal sealed class NumberLearning(int column, int element, FeatureColumn feature, FeatureRecipe recipe)
{
    private const int DefaultQuantileCount = 1000;
    private const int DefaultBucketCount = 5;

    public int Column => column;

    public int Element => element;

    public NumberSample Sample { get; } = new(keepsValues: !IsOfMoments(recipe));

    /// <summary>Refuses a feature without any value, unless something is to stand in for it.</summary>
    /// <param name="elements">What is learned of the feature, one of each of its elements.</param>
    /// <exception cref="TrainingDataException">It has none.</exception>
    public static void ThrowIfEmpty(IReadOnlyList<NumberLearning> elements)
    {
        if (elements.All(e => e.Sample.Count == 0) && !elements[0].IsFilled)
        {
            throw new TrainingDataException(
                FormattableString.Invariant($"Expected a value of feature '{elements[0].Name}' in at least one training row, but it is missing in all {elements[0].Sample.MissingCount}: leave the feature out."),
                elements[0].Name);
        }
    }

    private string Name => feature.Name;

    private bool IsFilled => recipe.Imputation == ImputeKind.Constant;

    /// <summary>How it is scaled.</summary>
    /// <exception cref="TrainingDataException">The values do not allow it.</exception>
    public NumberEncoding Scaled()
    {
        if (IsOfMoments(recipe))
        {
            var (mean, deviation) = Sample.MeanAndDeviation();
            return Encoding(new(column, element, HasIndicator, mean), mean, deviation);
        }

        var (input, values) = Prepare();
        if (values.Values.IsEmpty || recipe.Scaling == NumberScaling.None)
        {
            return new(input, 0, 1);
        }

        switch (recipe.Scaling)
        {
            case NumberScaling.MinMax:
                return Encoding(input, values.Minimum, OneForZero(values.Maximum - values.Minimum));
            case NumberScaling.Robust:
                var range = values.Quantile(recipe.RobustUpperQuantile ?? 0.75) - values.Quantile(recipe.RobustLowerQuantile ?? 0.25);
                return Encoding(input, values.Quantile(0.5), OneForZero(range));
            default:
                var (mean, deviation) = values.MeanAndDeviation();
                return Encoding(input, mean, deviation);
        }
    }

    /// <summary>Its distribution.</summary>
    /// <exception cref="TrainingDataException">The values do not allow it.</exception>
    public QuantileNumber Distribution()
    {
        var (input, values) = Clip();
        if (values.Values.IsEmpty)
        {
            return QuantileNumber.From(input, [input.Fill, input.Fill]);
        }

        var count = (int)Math.Max(2, Math.Min(recipe.QuantileCount ?? DefaultQuantileCount, values.Count));
        var quantiles = Enumerable.Range(0, count).Select(i => values.Quantile((double)i / (count - 1))).ToArray();
        for (var i = 1; i < count; i++)
        {
            // Interpolation can lose the order by a rounding error.
            quantiles[i] = Math.Max(quantiles[i], quantiles[i - 1]);
        }

        return double.IsFinite(quantiles[^1] - quantiles[0]) ? QuantileNumber.From(input, quantiles) : throw TooLarge();
    }

    /// <summary>Its buckets.</summary>
    /// <exception cref="TrainingDataException">The values do not allow it.</exception>
    public BucketedNumber Buckets()
    {
        if (recipe.Buckets == BucketKind.Edges)
        {
            return new(Clip().Input, [.. recipe.BucketEdges!]);
        }

        var count = recipe.BucketCount ?? DefaultBucketCount;
        var (input, values) = Clip();
        double[] edges = values.Values.IsEmpty
            ? []
            : recipe.Buckets == BucketKind.Quantile
                ? [.. Enumerable.Range(0, count + 1).Select(i => values.Quantile((double)i / count))]
                : UniformEdges(values, count);
        double[] inner = [.. edges.Distinct().Skip(1).SkipLast(1)];
        return inner.Length > 0 && inner.All(double.IsFinite)
            ? new(input, inner)
            : throw new TrainingDataException($"Expected values of feature '{Name}' that fall into at least two buckets, but those of the training rows fall into one.", Name);
    }

    // Mean and deviation come of moments, which a stream keeps anyway.
    private static bool IsOfMoments(FeatureRecipe recipe)
        => recipe is { Imputation: null or ImputeKind.Mean, Scaling: null or NumberScaling.Standard, Function: null or NumberFunction.None, Buckets: null }
            and { LowerBound: null, UpperBound: null, LowerQuantile: null, UpperQuantile: null };

    private bool HasIndicator => recipe.Indicator ?? Sample.MissingCount > 0;

    // Values, and what stands in for a missing one, within the bounds.
    private (NumberInput Input, NumberValues Values) Clip()
    {
        var values = Sample.ToValues();
        var isEmpty = values.Values.IsEmpty;
        var fill = recipe.Imputation switch
        {
            ImputeKind.Constant => recipe.ImputedValue!.Value,
            _ when isEmpty => 0,
            ImputeKind.Median => values.Quantile(0.5),
            ImputeKind.MostFrequent => values.MostFrequent(),
            _ => values.MeanAndDeviation().Mean,
        };
        var input = new NumberInput(column, element, HasIndicator, fill)
        {
            Lower = recipe.LowerBound ?? (recipe.LowerQuantile is { } lower && !isEmpty ? values.Quantile(lower) : double.NegativeInfinity),
            Upper = recipe.UpperBound ?? (recipe.UpperQuantile is { } upper && !isEmpty ? values.Quantile(upper) : double.PositiveInfinity),
        };
        if (!(input.Lower <= input.Upper))
        {
            throw new TrainingDataException($"Expected the lower bound of feature '{Name}' below the upper one, but the quantile of the training rows is beyond the given bound.", Name);
        }

        double Within(double value) => Math.Clamp(value, input.Lower, input.Upper);
        values.Map(Within);
        return (input with { Fill = Within(fill) }, values);
    }

    // The same put through the function.
    private (NumberInput Input, NumberValues Values) Prepare()
    {
        var (input, values) = Clip();
        var function = recipe.Function ?? NumberFunction.None;
        if (function == NumberFunction.YeoJohnson)
        {
            input = input with { Power = YeoJohnsonPower.Learn(values) };
        }

        double Apply(double value, string where) => Require(NumberFunctions.Apply(function, value, input.Power), where);
        values.Map(v => Apply(v, "in every training row"));
        return (input with { Fill = Apply(input.Fill, "as what stands in for a missing one") }, values);
    }

    // Of one width as the function sees it; in the feature's unit, so that a bucket needs no function.
    private double[] UniformEdges(NumberValues values, int count)
    {
        var function = recipe.Function ?? NumberFunction.None;
        var power = function == NumberFunction.YeoJohnson ? YeoJohnsonPower.Learn(values) : 1;
        double Apply(double value) => Require(NumberFunctions.Apply(function, value, power), "in every training row");
        var (least, greatest) = (Apply(values.Minimum), Apply(values.Maximum));
        var inner = Enumerable.Range(1, count - 1).Select(i => least + (i * ((greatest - least) / count)));
        return [values.Minimum, .. inner.Select(e => function == NumberFunction.None ? e : Invert(Apply, e, values.Minimum, values.Maximum)), values.Maximum];
    }

    // The least number whose value of an ascending function is not below a given one, by halving.
    private static double Invert(Func<double, double> function, double value, double least, double greatest)
    {
        for (var middle = least + ((greatest - least) / 2); middle > least && middle < greatest; middle = least + ((greatest - least) / 2))
        {
            (least, greatest) = function(middle) < value ? (middle, greatest) : (least, middle);
        }

        return greatest;
    }

    private double Require(double value, string where) => double.IsFinite(value)
        ? value
        : throw new TrainingDataException(
            $"Expected a number of feature '{Name}' {where} that {recipe.Function} has a value for, but found another: take {nameof(NumberFunction.SignedLog)}, or cut the feature off by a lower bound.", Name);

    private NumberEncoding Encoding(NumberInput input, double centre, double scale)
        => double.IsFinite(centre) && scale is > 0 and < double.PositiveInfinity ? new(input, centre, scale) : throw TooLarge();

    private TrainingDataException TooLarge()
        => new($"Expected numbers below 1e150 in magnitude in column '{Name}', but found some that have no standard deviation.", Name);

    private static double OneForZero(double scale) => scale == 0 ? 1 : scale;
}
