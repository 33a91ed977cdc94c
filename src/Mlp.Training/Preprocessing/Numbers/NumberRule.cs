namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>What numbers must have in common to share a block, and so the nodes of the graph.</summary>
/// <param name="Function">Their function.</param>
/// <param name="Kind">What comes after it.</param>
/// <param name="IsClipped">Whether they are cut off before it.</param>
/// <param name="Least">Where they are cut off below in the end.</param>
/// <param name="Greatest">Where they are cut off above in the end.</param>
internal readonly record struct NumberRule(NumberFunction Function, NumberRuleKind Kind, bool IsClipped, double Least, double Greatest)
{
    /// <summary>The rule of a recipe.</summary>
    public static NumberRule Of(FeatureRecipe recipe, PreprocessingOptions options)
    {
        var kind = recipe.Buckets is not null
            ? recipe.BucketOutput == BucketOutput.Ordinal ? NumberRuleKind.OrdinalBuckets : NumberRuleKind.OneHotBuckets
            : recipe.Scaling switch
            {
                NumberScaling.QuantileUniform => NumberRuleKind.UniformQuantiles,
                NumberScaling.QuantileNormal => NumberRuleKind.NormalQuantiles,
                _ => NumberRuleKind.Scaled,
            };
        var (least, greatest) = kind != NumberRuleKind.Scaled ? (0, 0) : recipe.Scaling switch
        {
            NumberScaling.MinMax => (0, 1),
            NumberScaling.None => (-(double)float.MaxValue, (double)float.MaxValue),
            NumberScaling.Robust when recipe.MaximumDeviation is null => (-(double)float.MaxValue, (double)float.MaxValue),
            _ => (-(recipe.MaximumDeviation ?? options.MaximumDeviation), recipe.MaximumDeviation ?? options.MaximumDeviation),
        };
        var isClipped = recipe.LowerBound is not null || recipe.UpperBound is not null || recipe.LowerQuantile is not null || recipe.UpperQuantile is not null;
        var function = kind == NumberRuleKind.Scaled ? recipe.Function ?? NumberFunction.None : NumberFunction.None;
        return new(function, kind, isClipped, least, greatest);
    }
}
