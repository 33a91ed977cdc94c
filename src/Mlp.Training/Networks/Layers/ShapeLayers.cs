using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Makes one dimension of several.</summary>
/// <param name="Start">The first axis of one row, from 0.</param>
internal sealed record FlattenLayer(int Start) : LayerDefinition
{
    private protected override string KindName => "Flatten";

    internal override IEnumerable<string> FindFailures() => Least("start", Start, 0);

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, Start + 1, int.MaxValue, FormattableString.Invariant($"of at least {Start + 1} dimensions after the rows"));
        return TensorShape.OfNumbers([.. input.Sizes.Take(Start), input.Sizes.Skip(Start).Aggregate(1, (product, size) => checked(product * size))]);
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new ReshapeModule(site, Infer(input, site).WithRows());
}

/// <summary>Another shape for the same values, row-major.</summary>
/// <param name="Sizes">Sizes after the rows; one of them may be -1.</param>
internal sealed record ReshapeLayer(IReadOnlyList<int> Sizes) : LayerDefinition
{
    private protected override string KindName => "Reshape";

    internal override IEnumerable<string> FindFailures()
        => Sizes.Count > 0 && Sizes.All(s => s is -1 or > 0) && Sizes.Count(s => s == -1) <= 1 ? [] : ["Expected 'sizes' above 0, one of them -1 at most, but found others."];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 0, int.MaxValue, "numbers");
        var known = Sizes.Where(s => s > 0).Aggregate(1L, (product, size) => product * size);
        var rest = Sizes.Contains(-1) ? input.ElementCount / known : 1;
        return rest > 0 && known * rest == input.ElementCount
            ? TensorShape.OfNumbers([.. Sizes.Select(s => s == -1 ? (int)rest : s)])
            : throw site.Refuse(FormattableString.Invariant($"{(Sizes.Contains(-1) ? "a multiple of " : string.Empty)}{known} values of one row for its sizes, but found {input.ElementCount}"));
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new ReshapeModule(site, Infer(input, site).WithRows());
}

/// <summary>Another order of the dimensions.</summary>
/// <param name="Axes">Axes of one row, from 0, in their new order.</param>
internal sealed record PermuteLayer(IReadOnlyList<int> Axes) : LayerDefinition
{
    private protected override string KindName => "Permute";

    internal override IEnumerable<string> FindFailures()
        => Axes.Order().SequenceEqual(Enumerable.Range(0, Axes.Count)) ? [] : [FormattableString.Invariant($"Expected 'axes' 0 to {Axes.Count - 1}, each once, but found others.")];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, Axes.Count, Axes.Count, FormattableString.Invariant($"of {Axes.Count} dimensions after the rows"));
        return TensorShape.OfNumbers([.. Axes.Select(a => input.Sizes[a])]);
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new PermuteModule(site, [0, .. Axes.Select(a => a + 1L)]);
}

internal sealed class ReshapeModule(LayerSite site, long[] shape) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x) => graph.Reshape(x, shape);

    protected override Tensor Forward(Tensor x, ForwardPass pass) => x.reshape(shape);
}

internal sealed class PermuteModule(LayerSite site, long[] permutation) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x) => graph.Transpose(x, permutation);

    protected override Tensor Forward(Tensor x, ForwardPass pass) => x.permute(permutation);
}
