using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using static Mlp.Runtime.Tests.Inference.TestPlatform;
using static Mlp.TestSupport.OnnxBytes;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>Calls by named inputs and outputs.</summary>
public sealed class ModelRunTests
{
    private const int Half16 = 10;
    private const int Int32 = 6;

    [Fact]
    public async Task Run_SeveralInputsAndOutputs_AnswersEach()
    {
        await using var platform = await ServeAsync(Package(TwoByTwo(), ModelOutput.Tensors));
        using var inputs = new ModelInputs()
            .Set("a", new[] { 1, 2, 3, 4, 5, 6 }, 1, 2, 3)
            .Set("h", new[] { (Half)1.5, (Half)(-2) }, 2)
            .Set("s", new[] { "x", "ü", "" }, 3);

        var outputs = platform.Model.Run(inputs);

        Assert.Equal(["sum", "negated", "text"], outputs.Names);
        Assert.Equal(1, outputs.ModelVersion);
        Assert.Equal([1, 2, 3], outputs["sum"].Shape.ToArray());
        Assert.Equal([2, 4, 6, 8, 10, 12], outputs["sum"].AsSpan<int>().ToArray());
        Assert.Equal([(Half)(-1.5), (Half)2], outputs["negated"].AsSpan<Half>().ToArray());
        Assert.Equal(["x", "ü", ""], outputs[2].AsStrings().ToArray());
        Assert.Equal("Expected a tensor of type Float32, but found Int32 [1, 2, 3].", Assert.Throws<InvalidOperationException>(() => outputs["sum"].AsSpan<float>().Length).Message);
        Assert.Equal("Expected an output 'p', but found 'sum', 'negated', 'text'.", Assert.Throws<KeyNotFoundException>(() => outputs["p"]).Message);
    }

    [Fact]
    public async Task RunAsync_InputsUsedAgain_FollowsTheirValuesAndShapes()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 1), Binary()), configure: o => o.PoolSize = 2);
        using var inputs = new ModelInputs();
        var outputs = new ModelOutputs();
        foreach (var rowCount in (int[])[1, 1, 3, 2, 2, 0])
        {
            inputs.Set("x", Enumerable.Repeat((float)rowCount, rowCount * 2).ToArray(), rowCount, 2);

            await platform.Model.RunAsync(inputs, outputs);

            Assert.Equal([rowCount, 1], outputs["p"].Shape.ToArray());
            Assert.All(outputs["p"].AsSpan<float>().ToArray(), p => Assert.Equal(1 / (1 + MathF.Exp(-2 * rowCount)), p, 1e-6f));
        }
    }

    [Fact]
    public async Task Run_FromManyThreadsOnOneSetOfInputs_AnswersAlike()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, -1), Binary()), configure: o => o.PoolSize = 2);
        var model = platform.Model;
        using var inputs = new ModelInputs().Set("x", new[] { 2f, 2f }, 1, 2);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            var outputs = new ModelOutputs();
            var same = true;
            for (var i = 0; i < 500; i++)
            {
                model.Run(inputs, outputs);
                same &= outputs["p"].AsSpan<float>()[0] == 0.5f;
            }

            return same;
        })));

        Assert.All(answers, Assert.True);
    }

    [Fact]
    public async Task Run_SequenceInAndOut_KeepsItsValues()
    {
        var onnx = Model(Graph(
            Node("SequenceInsert", ["in", "x"], ["out"]),
            Input("x", Float, "K"),
            Bytes(11, Value("in", SequenceType(Float))),
            Bytes(12, Value("out", SequenceType(Float)))));
        await using var platform = await ServeAsync(Package(onnx, ModelOutput.Tensors));
        using var inputs = new ModelInputs()
            .Set("in", ModelValue.Sequence(ModelValue.Tensor<float>([1, 2], 2), ModelValue.Tensor<float>([3], 1)))
            .Set("x", new[] { 4f, 5f, 6f }, 3);

        var found = platform.Model.Run(inputs)["out"];

        Assert.Equal(ModelValueKind.Sequence, found.Kind);
        Assert.Equal(["1 2", "3", "4 5 6"], found.Items.Select(i => string.Join(' ', i.AsSpan<float>().ToArray())));
        Assert.Equal("Expected a map, but found a sequence of 3 values.", Assert.Throws<InvalidOperationException>(() => found.Keys).Message);
    }

    [Fact]
    public void Set_HalfOfASurrogatePair_IsRefused()
    {
        // Attributes could not carry them: they are UTF-8.
        AssertRefused("\ud800x", 0);
        AssertRefused("x\ud800", 1);
        AssertRefused("x\udc00y", 1);
        AssertRefused("\ud83d\ude00\ude00", 2);
    }

    private static void AssertRefused(string text, int position)
    {
        using var inputs = new ModelInputs().Set("c", ["a", "\ud83d\ude00ü"], 2);

        // The first is set anew, the second into memory that is there.
        Assert.All(
            [
                Assert.Throws<ArgumentException>(() => inputs.Set("d", ["a", text], 2)),
                Assert.Throws<ArgumentException>(() => inputs.Set("c", ["a", text], 2)),
                Assert.Throws<ArgumentException>(() => ModelValue.Tensor(["a", text], 2)),
            ],
            e => Assert.Equal($"Expected texts of valid Unicode, but found a surrogate without its pair at position {position} of element 1, counted from 0.", e.Message));
        Assert.Equal(["a", "\ud83d\ude00ü"], inputs.Find("c")!.AsStrings().ToArray());
    }

    [Fact]
    public async Task Publish_ScoreIsASequence_SaysHowToPublishIt()
    {
        var onnx = Model(Graph(Node("SequenceConstruct", ["x"], ["out"]), Input("x", Float, "N", 1), Bytes(12, Value("out", SequenceType(Float)))));
        await using var platform = new TestPlatform();

        var error = await Assert.ThrowsAsync<InvalidModelException>(() => platform.PublishAsync(Package(onnx, Regression("out"))));

        Assert.Equal(
            "Expected output 'out', the score, to be a tensor of numbers, but found another kind of value. Publish the model with task Tensors, and call it by its inputs and outputs (model 'tips').",
            error.Message);
    }

    [Fact]
    public async Task Predict_ClassifierOfTheMlOperatorsAlone_IsServedWithoutItsZipMap()
    {
        // As small as such a file gets: no operator of ONNX itself, and so no version of them.
        var onnx = Message(
            Integer(1, 8),
            Bytes(7, Graph(
                Bytes(1, Message(Text(1, "x"), Text(2, "p"), Text(4, "Normalizer"), Text(7, "ai.onnx.ml"), Bytes(5, Message(Text(1, "norm"), Bytes(4, "L1"u8.ToArray()), Integer(20, 3))))),
                Bytes(1, Message(
                    Text(1, "p"), Text(2, "maps"), Text(4, "ZipMap"), Text(7, "ai.onnx.ml"), Bytes(5, Message(Text(1, "classlabels_int64s"), Integer(8, 10), Integer(8, 20), Integer(20, 7))))),
                Input("x", Float, "N", 2),
                Bytes(12, Value("maps", Bytes(4, Message(Bytes(1, Bytes(5, Message(Integer(1, Integers), Bytes(2, TensorType(Float))))))))))),
            Bytes(8, Message(Text(1, "ai.onnx.ml"), Integer(2, 1))));
        await using var platform = await ServeAsync(Package(onnx, Binary("maps") with { ScoreIndex = 1 }));

        var error = await Assert.ThrowsAsync<InvalidModelException>(
            () => platform.Registry.PublishAsync(ModelName, Package(onnx, Binary("maps") with { ScoreIndex = 1, ClassNames = ["20", "10"] })));
        Assert.Equal("Expected the class names in the order of the columns of output 'maps', which the file calls '10', '20', but found '20', '10' (model 'tips').", error.Message);
        Assert.Equal(["10", "20"], platform.Model.Manifest!.Output.ClassNames);
        Assert.Equal(TensorElementKind.Float32, platform.Model.Manifest.Signature.Outputs[0].ElementType);
        Assert.Equal(TensorElementKind.Sequence, platform.Registry.FindVersion(ModelName, 1)!.Signature.Outputs[0].ElementType);
        Assert.Equal(0.75, platform.Model.Predict([1, 3]).Score);
    }

    [Fact]
    public async Task Run_MapInput_IsGivenToTheModel()
    {
        var onnx = Model(Graph(
            Bytes(1, Message(
                Text(1, "words"),
                Text(2, "counts"),
                Text(4, "DictVectorizer"),
                Text(7, "ai.onnx.ml"),
                Bytes(5, Message(Text(1, "string_vocabulary"), Text(9, "no"), Text(9, "yes"), Text(9, "maybe"), Integer(20, 8))))),
            Bytes(11, Value("words", Bytes(5, Message(Integer(1, OnnxString), Bytes(2, TensorType(Float)))))),
            Output("counts", Float, 1, 3)));
        await using var platform = await ServeAsync(Package([.. onnx, .. Bytes(8, Message(Text(1, "ai.onnx.ml"), Integer(2, 1)))], ModelOutput.Tensors));
        using var inputs = new ModelInputs().Set("words", ModelValue.Map(ModelValue.Tensor(["yes", "no"], 2), ModelValue.Tensor([2f, 3f], 2)));

        Assert.Equal([3f, 2f, 0f], platform.Model.Run(inputs)["counts"].AsSpan<float>().ToArray());
    }

    [Fact]
    public void Read_Map_HasKeysAndValues()
    {
        using var engine = EngineValues.Create(ModelValue.Map(ModelValue.Tensor([7L, 8L], 2), ModelValue.Tensor([0.25f, 0.75f], 2)));

        var map = EngineValues.Read(engine);

        Assert.Equal((ModelValueKind.Map, 2), (map.Kind, map.Length));
        Assert.Equal([7L, 8L], map.Keys.AsSpan<long>().ToArray());
        Assert.Equal([0.25f, 0.75f], map.Values.AsSpan<float>().ToArray());
    }

    [Fact]
    public async Task Run_WrongInputs_SaysWhatIsWrong()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.TwoInputs(), ModelOutput.Tensors));
        const string Where = "(model 'tips' version 1).";

        AssertError("Expected input 'u' of type Float32 [N, 2], but found Float64 [1, 2] " + Where, new ModelInputs().Set("u", new double[2], 1, 2));
        AssertError("Expected input 'u' of type Float32 [N, 2], but found Float32 [1, 3] " + Where, new ModelInputs().Set("u", new float[3], 1, 3));
        AssertError("Expected input 'u' of type Float32 [N, 2], but found Float32 [2] " + Where, new ModelInputs().Set("u", new float[2], 2));
        AssertError("Expected input 'u' of type Float32 [N, 2], but found a sequence of 1 values " + Where, new ModelInputs().Set("u", ModelValue.Sequence(ModelValue.Tensor([1f], 1))));
        AssertError("Expected input 'v' of type Float32 [N, 3], but found only 'u' " + Where, new ModelInputs().Set("u", new float[2], 1, 2));
        AssertError("Expected input 'u' of type Float32 [N, 2], but found no inputs " + Where, new ModelInputs());
        AssertError(
            "Expected inputs 'u', 'v', but found an input 'w' too " + Where,
            new ModelInputs().Set("u", new float[2], 1, 2).Set("v", new float[3], 1, 3).Set("w", new float[3], 1, 3));

        void AssertError(string sentence, ModelInputs inputs)
        {
            using (inputs)
            {
                Assert.StartsWith(sentence, Assert.Throws<ArgumentException>(() => platform.Model.Run(inputs)).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Set_WrongValues_SaysWhatIsWrong()
    {
        using var inputs = new ModelInputs();

        Assert.StartsWith(
            "Expected 6 values for shape [2, 3], but found 5.", Assert.Throws<ArgumentException>(() => inputs.Set("x", new float[5], 2, 3)).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "Expected 1 values for shape [], but found 2.", Assert.Throws<ArgumentException>(() => inputs.Set("x", new float[2])).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected a shape of sizes from 0", Assert.Throws<ArgumentException>(() => inputs.Set("x", new float[5], -1)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected texts, but found a null", Assert.Throws<ArgumentException>(() => inputs.Set("x", new string[] { null! }, 1)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected an element type of", Assert.Throws<NotSupportedException>(() => inputs.Set("x", new decimal[1], 1)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected a value, but found an absent one", Assert.Throws<NotSupportedException>(() => inputs.Set("x", ModelValue.None)).Message, StringComparison.Ordinal);
        Assert.Empty(inputs.Names);
    }

    [Fact]
    public async Task Predict_ModelWithoutScore_SaysHowToCallIt()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.TwoInputs(), ModelOutput.Tensors));
        var model = platform.Model;
        const string Sentence = "Expected a model with a score, but model 'tips' version 1 was published with task Tensors; call it by its inputs and outputs (IModel.Run).";

        Assert.Equal(Sentence, Assert.Throws<InvalidOperationException>(() => model.Predict(new float[5])).Message);
        Assert.Equal(Sentence, Assert.Throws<InvalidOperationException>(() => model.Predict(new float[5], new float[1])).Message);
        Assert.Equal(Sentence, Assert.Throws<InvalidOperationException>(() => model.As<Pair, Pair>()).Message);
        Assert.Equal(Sentence, (await Assert.ThrowsAsync<InvalidOperationException>(async () => await model.PredictAsync("key"))).Message);
        Assert.Empty(model.Description!.Layout.Columns);
    }

    [Fact]
    public async Task Publish_TensorsWithADescriptionOfScores_IsRefused()
    {
        await using var platform = new TestPlatform();

        var score = await Assert.ThrowsAsync<InvalidModelException>(
            () => platform.PublishAsync(Package(TestGraphs.TwoInputs(), ModelOutput.Tensors with { ScoreOutput = "y" })));
        var features = await Assert.ThrowsAsync<InvalidModelException>(
            () => platform.PublishAsync(Package(TestGraphs.TwoInputs(), ModelOutput.Tensors, features: [new("f", FeatureType.Float32, "v")])));

        Assert.Equal("Expected neither a score output nor class names for task Tensors, but found score output 'y' (model 'tips').", score.Message);
        Assert.StartsWith("Expected neither features nor a reference profile nor golden rows for task Tensors", features.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_EngineFails_SaysSo()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.RefusesUnknown(), ModelOutput.Tensors));
        using var inputs = new ModelInputs().Set("c", new[] { "b" }, 1);

        var error = Assert.Throws<InferenceFailedException>(() => platform.Model.Run(inputs));
        Assert.Equal("Expected model 'tips' version 1 to answer, but ONNX Runtime failed; the inner exception says where in the graph.", error.Message);
        Assert.Equal(1f, platform.Model.Run(inputs.Set("c", new[] { "a" }, 1))["y"].AsSpan<float>()[0]);
    }

    private readonly record struct Pair(float U, float V);

    /// <summary><c>sum = a + a</c> in int32 [1, 2, 3], <c>negated = -h</c> in float16 [K], <c>text = s</c> [K].</summary>
    private static byte[] TwoByTwo() => Model(Graph(
        Node("Add", ["a", "a"], ["sum"]),
        Node("Neg", ["h"], ["negated"]),
        Node("Identity", ["s"], ["text"]),
        Input("a", Int32, 1, 2, 3),
        Input("h", Half16, "K"),
        Input("s", OnnxString, "M"),
        Output("sum", Int32, 1, 2, 3),
        Output("negated", Half16, "K"),
        Output("text", OnnxString, "M")));

    private const int OnnxString = 8;
    private const int Integers = 7;

    private static byte[] SequenceType(int elementType) => Bytes(4, Message(Bytes(1, TensorType(elementType))));
}
