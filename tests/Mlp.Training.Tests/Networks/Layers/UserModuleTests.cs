using Mlp.Runtime.Onnx;
using Mlp.Training.Interop;
using Mlp.Training.Networks.Layers;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Tests.Networks.Layers;

public sealed class UserModuleTests
{
    public UserModuleTests() => Torch.EnsureLoaded();

    [Fact]
    public void Write_ModuleWithNodes_ComputesTheSame()
    {
        var definition = Definition(() => new Gate(canExport: true));

        Assert.Equal(4 + 5, definition.Describe(4).ParameterCount);
        Assert.InRange(LayerAgreement.Difference(definition, 4, 1, 3), 0, LayerAgreement.Tolerance);
    }

    [Fact]
    public void Write_ModuleWithoutNodes_IsRefusedByName()
    {
        using var network = LayeredNetwork.Build(Definition(() => new Gate(canExport: false)), 4, [], 1, 3);

        var error = Assert.Throws<NetworkDefinitionException>(() => LayerAgreement.Export(network, 4, 0, 1));

        Assert.Equal(
            "Layer 'gate' is the module 'Acme.Gate', which cannot be written as ONNX: implement IUserModule.Write and CanExport, or leave the layer out of the network.", error.Message);
    }

    [Fact]
    public void Parameters_OfAModule_HaveGradients()
    {
        using var network = LayeredNetwork.Build(Definition(() => new Gate(canExport: true)), 4, [], 1, 3);
        using var scope = torch.NewDisposeScope();

        using var rows = torch.ones(2, 4);
        network.Forward(rows, null).sum().backward();

        Assert.Equal(["gate.scale", "1.weight", "1.bias"], network.Parameters.Select(p => p.Key));
        Assert.All(network.Parameters, p => Assert.NotNull(p.Value.grad));
    }

    [Fact]
    public void FromJson_NamedModule_IsFoundAmongThoseHandedOver()
    {
        var json = Definition(() => new Gate(canExport: true)).ToJson();
        var modules = new Dictionary<string, Func<IUserModule>> { ["Acme.Gate"] = () => new Gate(canExport: true) };

        Assert.Equal(json, NetworkDefinition.FromJson(json, modules).ToJson());
        Assert.Contains(
            "Expected a module 'Acme.Gate' among those handed over, but found 'other'.",
            Assert.Throws<NetworkDefinitionException>(() => NetworkDefinition.FromJson(json, new Dictionary<string, Func<IUserModule>> { ["other"] = () => new Gate(true) })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_InputThatTheModuleRefuses_NamesTheLayer()
    {
        var error = Assert.Throws<NetworkDefinitionException>(() => new NetworkDefinition(Layer.Reshape(2, 2), Layer.UserModule("Acme.Gate", () => new Gate(true))).Describe(4));

        Assert.Equal("Layer '1' (Acme.Gate) cannot take (N, 2, 2): a gate needs one dimension.", error.Message);
    }

    private static NetworkDefinition Definition(Func<IUserModule> create) => new(Layer.UserModule("Acme.Gate", create).Named("gate"), Layer.Output());

    /// <summary>x · sigmoid(scale · x).</summary>
    private sealed class Gate(bool canExport) : IUserModule
    {
        private Tensor? _scale;

        public bool CanExport => canExport;

        public TensorShape InferShape(TensorShape input) => input.Rank == 1 ? input : throw new ArgumentException("a gate needs one dimension.");

        public IReadOnlyList<UserWeight> Weights(TensorShape input) => [new("scale", input.Sizes, WeightInitialisation.Uniform(1))];

        public void Build(TensorShape input, IReadOnlyDictionary<string, Tensor> weights) => _scale = weights["scale"];

        public Tensor Forward(Tensor input, bool isTraining) => input * (input * _scale!).sigmoid();

        public string Write(OnnxGraphBuilder graph, string input)
        {
            var scale = graph.AddConstant(graph.UniqueName("gate"), LayerAgreement.Floats(_scale!), _scale!.shape);
            return graph.AddNode("Mul", [input, graph.AddNode("Sigmoid", [graph.AddNode("Mul", [input, scale])])]);
        }

        public void Dispose()
        {
        }
    }
}
