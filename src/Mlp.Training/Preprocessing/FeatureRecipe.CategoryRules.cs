namespace Mlp.Training.Preprocessing;

/// <content>What settings of categories must keep beside their ranges.</content>
public sealed partial class FeatureRecipe
{
    private IEnumerable<object?> CategorySettings() =>
    [
        Category, MaximumCategories, MinimumCategoryCount, RefuseMoreCategories, DropFirst, Unknown, Order, GivenCategories, UnknownCode, MissingCode, Frequency, Smoothing, SmoothingWeight,
        SmoothingMidpoint, SmoothingSlope, TargetFolds, HashBuckets, SignedHash,
    ];

    private void FindCategoryFailures(Action<string, FormattableString> fail)
    {
        var kind = Category ?? CategoryKind.OneHot;
        Only(CategoryKind.OneHot, (nameof(DropFirst), DropFirst), (nameof(Unknown), Unknown));
        Only(CategoryKind.Ordinal, (nameof(Order), Order), (nameof(GivenCategories), GivenCategories), (nameof(UnknownCode), UnknownCode), (nameof(MissingCode), MissingCode));
        Only(CategoryKind.Frequency, (nameof(Frequency), Frequency));
        Only(
            CategoryKind.Target, (nameof(Smoothing), Smoothing), (nameof(SmoothingWeight), SmoothingWeight), (nameof(SmoothingMidpoint), SmoothingMidpoint), (nameof(SmoothingSlope), SmoothingSlope),
            (nameof(TargetFolds), TargetFolds));
        Only(CategoryKind.Hash, (nameof(HashBuckets), HashBuckets), (nameof(SignedHash), SignedHash));
        if (kind == CategoryKind.Hash)
        {
            LeaveOut(nameof(Category), $"{CategoryKind.Hash}", (nameof(MaximumCategories), MaximumCategories), (nameof(MinimumCategoryCount), MinimumCategoryCount), (nameof(RefuseMoreCategories), RefuseMoreCategories));
        }

        if (Order == CategoryOrder.Given && (GivenCategories is not { Count: > 0 } given || given.Distinct(StringComparer.Ordinal).Count() != given.Count))
        {
            fail(nameof(GivenCategories), $"must be at least one value, each once, where {nameof(Order)} is {CategoryOrder.Given}, but are not.");
        }

        if (Order != CategoryOrder.Given && GivenCategories is not null)
        {
            fail(nameof(GivenCategories), $"must be left out except where {nameof(Order)} is {CategoryOrder.Given}, but is set.");
        }

        if (Order == CategoryOrder.Given)
        {
            LeaveOut(
                nameof(Order), $"{CategoryOrder.Given}",
                (nameof(MaximumCategories), MaximumCategories), (nameof(MinimumCategoryCount), MinimumCategoryCount), (nameof(RefuseMoreCategories), RefuseMoreCategories));
        }

        OnlySmoothedBy(TargetSmoothing.MEstimate, nameof(SmoothingWeight), SmoothingWeight);
        OnlySmoothedBy(TargetSmoothing.Sigmoid, nameof(SmoothingMidpoint), SmoothingMidpoint);
        OnlySmoothedBy(TargetSmoothing.Sigmoid, nameof(SmoothingSlope), SmoothingSlope);
        Finite(nameof(UnknownCode), UnknownCode);
        Finite(nameof(MissingCode), MissingCode);

        if (Standardise is not null && !HasDateRule && Category is not (CategoryKind.Ordinal or CategoryKind.Frequency or CategoryKind.Target))
        {
            fail(nameof(Standardise), $"must be left out except where {nameof(Category)} is {CategoryKind.Ordinal}, {CategoryKind.Frequency} or {CategoryKind.Target}, or of dates, but is set.");
        }

        void Only(CategoryKind wanted, params ReadOnlySpan<(string Name, object? Value)> settings)
        {
            foreach (var (name, value) in settings)
            {
                if (value is not null && kind != wanted)
                {
                    fail(name, $"must be left out except where {nameof(Category)} is {wanted}, but is set.");
                }
            }
        }

        void OnlySmoothedBy(TargetSmoothing wanted, string name, double? value)
        {
            if (value is not null && Smoothing != wanted)
            {
                fail(name, $"must be left out except where {nameof(Smoothing)} is {wanted}, but is set.");
            }
        }

        void Finite(string name, float? code)
        {
            if (code is { } number && !float.IsFinite(number))
            {
                fail(name, $"must be a finite number, but is {number}.");
            }
        }

        void LeaveOut(string reason, string found, params ReadOnlySpan<(string Name, object? Value)> settings)
        {
            foreach (var (name, value) in settings)
            {
                if (value is not null)
                {
                    fail(name, $"must be left out where {reason} is {found}, but is set.");
                }
            }
        }
    }
}
