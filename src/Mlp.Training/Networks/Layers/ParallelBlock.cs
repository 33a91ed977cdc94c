using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Branches that all take the same input.</summary>
/// <param name="Branches">The branches.</param>
/// <param name="Merge">What becomes of their outputs.</param>
/// <param name="Axis">Where they are joined: an axis of one row from 0; -1 is the last.</param>
internal sealed record ParallelBlock(IReadOnlyList<LayerDefinition> Branches, ParallelMerge Merge, int Axis) : LayerDefinition
{
    private protected override string KindName => "Parallel";

    internal override IReadOnlyList<KeyValuePair<string, LayerDefinition>> Children => NameAll(Branches);

    internal override IEnumerable<string> FindFailures() => [.. Least("branches", Branches.Count, 1), .. Enum.IsDefined(Merge) ? Array.Empty<string>() : ["Expected a known way to merge branches, but found another."]];

    internal override IEnumerable<LayerPart> Parts(TensorShape input, LayerSite site) => Children.Select(c => new LayerPart(site.Child(c.Key, c.Value), c.Value, input));

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        TensorShape[] outputs = [.. Parts(input, site).Select(p => p.Output)];
        var first = outputs[0];
        if (first.Content != TensorContent.Numbers || first.Rank == 0)
        {
            throw site.Refuse($"branches that give numbers, but found {first}");
        }

        var axis = Merge == ParallelMerge.Concat ? site.RequireAxis(Axis, first.Rank) : -1;
        foreach (var other in outputs)
        {
            if (other.Content != TensorContent.Numbers || other.Rank != first.Rank || Enumerable.Range(0, first.Rank).Any(i => i != axis && other.Sizes[i] != first.Sizes[i]))
            {
                throw site.Refuse($"branches of one shape{(axis < 0 ? string.Empty : FormattableString.Invariant($", but for axis {axis},"))} but found {first} and {other}");
            }
        }

        if (axis < 0)
        {
            return first;
        }

        var joined = outputs.Sum(o => (long)o.Sizes[axis]);
        return joined <= int.MaxValue
            ? TensorShape.OfNumbers([.. first.Sizes.Select((size, i) => i == axis ? (int)joined : size)])
            : throw site.Refuse(FormattableString.Invariant($"branches of at most {int.MaxValue} numbers along axis {axis} together, but found {joined}"));
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
    {
        var axis = Merge == ParallelMerge.Concat ? site.RequireAxis(Axis, Infer(input, site).Rank) + 1 : -1;
        return new ParallelModule(site, [.. Parts(input, site).Select(p => p.Build(builder))], axis);
    }
}

/// <param name="site">Where it stands.</param>
/// <param name="branches">The branches.</param>
/// <param name="axis">Where outputs are joined, counted with the rows; -1 where they are added.</param>
internal sealed class ParallelModule(LayerSite site, IReadOnlyList<LayerModule> branches, int axis) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x)
    {
        string[] outputs = [.. branches.Select(b => b.Write(graph.For(b), x))];
        return axis < 0 ? outputs.Aggregate((sum, next) => graph.Node("Add", [sum, next])) : graph.Concat(outputs, axis);
    }

    protected override void Release()
    {
        foreach (var branch in branches)
        {
            branch.Dispose();
        }
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass)
    {
        Tensor[] outputs = [.. branches.Select(b => b.Run(x, pass))];
        return axis < 0 ? outputs.Aggregate((sum, next) => sum.add(next)) : torch.cat(outputs, axis);
    }
}
