using System.Text.Json.Serialization;
using Mlp.Training.Networks.Interop;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>A layer of an application's own.</summary>
/// <param name="Module">Name under which the application knows it.</param>
internal sealed record UserModuleLayer(string Module) : LayerDefinition
{
    private protected override string KindName => Module;

    [JsonIgnore]
    public Func<IUserModule>? Factory { get; init; }

    internal override IEnumerable<string> FindFailures() => string.IsNullOrWhiteSpace(Module) ? ["Expected a name for the module, but found none."] : [];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        using var module = Make(site);
        return InferWith(module, input, site);
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site)
    {
        using var module = Make(site);
        return Weights(module, input);
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
    {
        var module = Make(site);
        module.Build(input, builder.Make(site, Weights(module, input)));
        return new UserModuleModule(site, module, input, InferWith(module, input, site));
    }

    private IUserModule Make(LayerSite site)
        => Factory?.Invoke() ?? throw site.Refuse($"a module '{Module}' to be handed over when the definition was read, but found none of that name");

    private static TensorShape InferWith(IUserModule module, TensorShape input, LayerSite site)
    {
        try
        {
            return module.InferShape(input);
        }
        catch (ArgumentException e)
        {
            throw new NetworkDefinitionException($"Layer '{site.Path}' ({site.Kind}) cannot take {input}: {e.Message}", site.Path, e);
        }
    }

    private static IReadOnlyList<WeightSpecification> Weights(IUserModule module, TensorShape input)
        => [
            .. module.Weights(input).Select(
                w => new WeightSpecification(w.Name, [.. w.Shape.Select(s => (long)s)], w.Initialisation, w.IsTrained ? WeightRole.Parameter : WeightRole.Statistic)),
        ];
}

internal sealed class UserModuleModule(LayerSite site, IUserModule module, TensorShape input, TensorShape output) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x)
        => module.CanExport
            ? module.Write(graph.Builder, x)
            : throw new NetworkDefinitionException(
                $"Layer '{Site.Path}' is the module '{Site.Kind}', which cannot be written as ONNX: implement IUserModule.Write and CanExport, or leave the layer out of the network.", Site.Path);

    protected override void Release() => module.Dispose();

    protected override Tensor Forward(Tensor x, ForwardPass pass)
    {
        // What a module computes is not known, and libtorch's LSTM ends the process in a narrow type.
        var y = Autocast.Without(() => module.Forward(x.is_floating_point() ? x.to(torch.float32) : x, pass.IsTraining));
        return y.shape.AsSpan(1).SequenceEqual(output.WithRows().AsSpan(1)) && y.shape[0] == x.shape[0]
            ? y
            : throw new InvalidOperationException(
                $"Layer '{Site.Path}' ({Site.Kind}) promised {output} for {input}, but gave ({string.Join(", ", y.shape)}) for {x.shape[0]} rows.");
    }
}
