namespace Mlp.Training.Preprocessing;

/// <content>What settings of quantities must keep beside their ranges.</content>
public sealed partial class FeatureRecipe
{
    private IEnumerable<object?> NumberSettings() =>
    [
        Imputation, ImputedValue, Indicator, LowerBound, UpperBound, LowerQuantile, UpperQuantile, Function, Scaling, RobustLowerQuantile, RobustUpperQuantile, QuantileCount, MaximumDeviation,
        Buckets, BucketCount, BucketEdges, BucketOutput,
    ];

    private void FindNumberFailures(Action<string, FormattableString> fail)
    {
        void Only(string setting, bool isSet, bool isFit, string where)
        {
            if (isSet && !isFit)
            {
                fail(setting, $"must be left out except {where}, but is set.");
            }
        }

        void NotBoth(string setting, bool isSet, string other, bool isOtherSet)
        {
            if (isSet && isOtherSet)
            {
                fail(setting, $"must be left out where {other} is set, but is set too.");
            }
        }

        Only(nameof(ImputedValue), ImputedValue is not null, Imputation == ImputeKind.Constant, $"where {nameof(Imputation)} is {ImputeKind.Constant}");
        Only(nameof(RobustLowerQuantile), RobustLowerQuantile is not null, Scaling == NumberScaling.Robust, $"where {nameof(Scaling)} is {NumberScaling.Robust}");
        Only(nameof(RobustUpperQuantile), RobustUpperQuantile is not null, Scaling == NumberScaling.Robust, $"where {nameof(Scaling)} is {NumberScaling.Robust}");
        Only(
            nameof(QuantileCount), QuantileCount is not null, Scaling is NumberScaling.QuantileUniform or NumberScaling.QuantileNormal,
            $"where {nameof(Scaling)} is {NumberScaling.QuantileUniform} or {NumberScaling.QuantileNormal}");
        Only(
            nameof(MaximumDeviation), MaximumDeviation is not null, Scaling is null or NumberScaling.Standard or NumberScaling.Robust,
            $"where {nameof(Scaling)} is {NumberScaling.Standard} or {NumberScaling.Robust}");
        NotBoth(nameof(Scaling), Scaling is not null, nameof(Buckets), Buckets is not null);
        Only(nameof(BucketCount), BucketCount is not null, Buckets is BucketKind.Uniform or BucketKind.Quantile, $"where {nameof(Buckets)} is {BucketKind.Uniform} or {BucketKind.Quantile}");
        Only(nameof(BucketEdges), BucketEdges is not null, Buckets == BucketKind.Edges, $"where {nameof(Buckets)} is {BucketKind.Edges}");
        Only(nameof(BucketOutput), BucketOutput is not null, Buckets is not null, $"with {nameof(Buckets)}");
        Only(
            nameof(Function), Function is not null and not NumberFunction.None, Scaling is not (NumberScaling.QuantileUniform or NumberScaling.QuantileNormal) && Buckets is null or BucketKind.Uniform,
            $"before a scaling that is linear or before {BucketKind.Uniform} buckets: it does not change the order of numbers, and others look at nothing else");
        NotBoth(nameof(LowerQuantile), LowerQuantile is not null, nameof(LowerBound), LowerBound is not null);
        NotBoth(nameof(UpperQuantile), UpperQuantile is not null, nameof(UpperBound), UpperBound is not null);
        FindValueFailures(fail);
    }

    private void FindValueFailures(Action<string, FormattableString> fail)
    {
        if (Imputation == ImputeKind.Constant && !(ImputedValue is { } value && double.IsFinite(value)))
        {
            fail(nameof(ImputedValue), $"must be a finite number where {nameof(Imputation)} is {ImputeKind.Constant}, but is {Text(ImputedValue)}.");
        }

        Below(nameof(LowerBound), LowerBound, nameof(UpperBound), UpperBound);
        Below(nameof(LowerQuantile), LowerQuantile, nameof(UpperQuantile), UpperQuantile);
        Below(nameof(RobustLowerQuantile), RobustLowerQuantile, nameof(RobustUpperQuantile), RobustUpperQuantile);
        if (Buckets == BucketKind.Edges
            && !(BucketEdges is { Count: >= 1 and <= 999 } edges && edges.All(double.IsFinite) && edges.Zip(edges.Skip(1)).All(p => p.First < p.Second)))
        {
            fail(nameof(BucketEdges), $"must be 1 to 999 finite numbers that ascend where {nameof(Buckets)} is {BucketKind.Edges}, but are not.");
        }

        void Below(string lowerName, double? lower, string upperName, double? upper)
        {
            if (lower is { } least && !double.IsFinite(least))
            {
                fail(lowerName, $"must be a finite number, but is {least}.");
            }

            if (upper is { } greatest && !double.IsFinite(greatest))
            {
                fail(upperName, $"must be a finite number, but is {greatest}.");
            }

            if (lower >= upper)
            {
                fail(lowerName, $"must be below {upperName}, but is {lower} and {upperName} is {upper}.");
            }
        }
    }

    private static string Text(double? value) => value is { } number ? FormattableString.Invariant($"{number}") : "null";
}
