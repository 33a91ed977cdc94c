using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Tests.Registry;
using Mlp.TestSupport;
using Xunit.Abstractions;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>
/// Every operator case of the ONNX project that a bare session answers rightly is published, served and answered alike by the call with named inputs. A case that a bare session does
/// not answer (ONNX Runtime lacks the operator for a type, or C# the way to bring the value) says nothing of this library.
/// </summary>
public sealed class OperatorCaseTests(ITestOutputHelper output)
{
    /// <summary>Cases that a bare session answers and this library does not, each with its reason. It is empty, and shall stay so.</summary>
    private static readonly Dictionary<string, string> Exceptions = [];

    /// <summary>Where memory lies decides in which order ONNX Runtime sums, so the last bits of two runs may differ.</summary>
    private const double SameRun = 1e-6;

    /// <summary>Less than this many would mean that the test itself has lost its way.</summary>
    private const int LeastComparedCases = 980;

    private const int LeastRenamedCases = 100;

    [OperatorCasesFact]
    public async Task Run_EveryCaseThatABareSessionAnswers_GivesTheSameAnswer()
    {
        var baseline = new Dictionary<string, (OperatorCase Case, List<IReadOnlyList<ModelValue>> Answers)>(StringComparer.Ordinal);
        var refused = 0;
        foreach (var operatorCase in OperatorCase.All())
        {
            if (RunBare(operatorCase, operatorCase.Onnx) is { } answers)
            {
                baseline.Add(operatorCase.Name, (operatorCase, answers));
            }
            else
            {
                refused++;
            }
        }

        await using var platform = new OperatorPlatform();
        var failures = await platform.PublishAsync(baseline.Values.Select(b => b.Case));
        await platform.OpenAsync();
        foreach (var (name, (operatorCase, answers)) in baseline.Where(b => !failures.ContainsKey(b.Key)))
        {
            if (Compare(operatorCase, answers, platform.Model(operatorCase)) is { } failure)
            {
                failures.Add(name, failure);
            }
        }

        output.WriteLine($"{baseline.Count} cases compared, {refused} that a bare session does not answer.");
        foreach (var (name, failure) in failures)
        {
            output.WriteLine($"{name}: {failure}");
        }

        Assert.True(baseline.Count >= LeastComparedCases, $"Expected at least {LeastComparedCases} cases to compare, but found {baseline.Count}.");
        Assert.Equal(Exceptions.Keys.Order(), failures.Keys.Order());
    }

    [OperatorCasesFact]
    public void RenameValue_EveryInnerValueOfEveryCase_GivesTheSameAnswer()
    {
        var renamedCases = 0;
        foreach (var operatorCase in OperatorCase.All())
        {
            var editor = OnnxModelEditor.Open("m", operatorCase.Onnx);
            Assert.True(operatorCase.Onnx.AsSpan().SequenceEqual(editor.ToArray()), operatorCase.Name);
            var graph = editor.Graph;
            var outputs = graph.Outputs.Select(o => o.Name).ToHashSet();
            var inner = graph.Nodes.SelectMany(n => n.Outputs).Where(o => o.Length > 0 && !outputs.Contains(o)).Distinct().ToList();
            if (inner.Count == 0 || RunBare(operatorCase, operatorCase.Onnx) is not { } expected)
            {
                continue;
            }

            inner.ForEach(v => graph.RenameValue(v, graph.UniqueName("renamed")));
            var found = RunBare(operatorCase, editor.ToArray());
            Assert.True(found is not null && expected.Zip(found).All(d => d.First.Zip(d.Second).All(v => IsSame(v.First, v.Second, SameRun))), operatorCase.Name);
            renamedCases++;
        }

        Assert.True(renamedCases >= LeastRenamedCases, $"Expected at least {LeastRenamedCases} cases with inner values, but found {renamedCases}.");
    }

    private static string? Compare(OperatorCase operatorCase, List<IReadOnlyList<ModelValue>> answers, IModel model)
    {
        try
        {
            var signature = model.Manifest?.Signature;
            if (signature is null)
            {
                return model.UnavailableReason;
            }

            for (var dataSet = 0; dataSet < answers.Count; dataSet++)
            {
                using var inputs = new ModelInputs();
                foreach (var (declared, value) in signature.Inputs.Zip(operatorCase.Inputs(dataSet, signature)))
                {
                    inputs.Set(declared.Name, value);
                }

                var outputs = model.Run(inputs);
                for (var i = 0; i < answers[dataSet].Count; i++)
                {
                    if (!IsSame(answers[dataSet][i], outputs[i], SameRun))
                    {
                        return $"Output {outputs.Names[i]}: expected {answers[dataSet][i]}, but found {outputs[i]}.";
                    }
                }
            }

            return null;
        }
        catch (Exception e)
        {
            return e.Message;
        }
    }

    /// <summary>The answers of a bare session, by nothing but ONNX Runtime's own interface; null if it does not run the case, or its answers are not the expected ones.</summary>
    private static List<IReadOnlyList<ModelValue>>? RunBare(OperatorCase operatorCase, byte[] onnx)
    {
        try
        {
            using var sessionOptions = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using var session = new InferenceSession(onnx, sessionOptions);
            using var options = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            var answers = new List<IReadOnlyList<ModelValue>>();
            for (var dataSet = 0; dataSet < operatorCase.DataSetCount; dataSet++)
            {
                var inputs = operatorCase.Inputs(dataSet, session).Select(OperatorCase.ToEngine).ToList();
                using var outputs = session.Run(options, [.. session.InputNames.Take(inputs.Count)], inputs, session.OutputNames);
                var found = outputs.Select(OperatorCase.FromEngine).ToList();
                inputs.ForEach(i => i.Dispose());
                var expected = operatorCase.Outputs(dataSet, session);
                if (expected.Count != found.Count || !expected.Zip(found).All(p => IsSame(p.First, p.Second, tolerance: 1e-3)))
                {
                    return null;
                }

                answers.Add(found);
            }

            return answers.Count == 0 ? null : answers;
        }
        catch (Exception e) when (e is OnnxRuntimeException or NotSupportedException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The same kind, type, shape and elements; numbers to a tolerance, relative above 1, and NaN is NaN.</summary>
    private static bool IsSame(ModelValue expected, ModelValue found, double tolerance)
    {
        if (expected.Kind != found.Kind || expected.Length != found.Length)
        {
            return false;
        }

        switch (expected.Kind)
        {
            case ModelValueKind.Sequence:
                return expected.Items.Zip(found.Items).All(p => IsSame(p.First, p.Second, tolerance));
            case ModelValueKind.Map:
                return IsSame(expected.Keys, found.Keys, 0) && IsSame(expected.Values, found.Values, tolerance);
            case ModelValueKind.None:
                return true;
        }

        if (expected.ElementType != found.ElementType || !expected.Shape.SequenceEqual(found.Shape))
        {
            return false;
        }

        return expected.ElementType switch
        {
            TensorElementKind.String => expected.AsStrings().SequenceEqual(found.AsStrings()),
            TensorElementKind.Float32 => AllClose(Array.ConvertAll(expected.AsSpan<float>().ToArray(), v => (double)v), Array.ConvertAll(found.AsSpan<float>().ToArray(), v => (double)v), tolerance),
            TensorElementKind.Float64 => AllClose(expected.AsSpan<double>().ToArray(), found.AsSpan<double>().ToArray(), tolerance),
            TensorElementKind.Float16 => AllClose(
                Array.ConvertAll(expected.AsSpan<Half>().ToArray(), v => (double)v), Array.ConvertAll(found.AsSpan<Half>().ToArray(), v => (double)v), tolerance),
            _ => expected.Buffer.AsSpan(0, expected.ByteCount).SequenceEqual(found.Buffer.AsSpan(0, found.ByteCount)),
        };
    }

    private static bool AllClose(double[] expected, double[] found, double tolerance)
        => expected.Zip(found).All(p => p.First.Equals(p.Second) || Math.Abs(p.First - p.Second) <= tolerance * Math.Max(1, Math.Abs(p.First)));

    /// <summary>A registry that waits for no device, and a platform that serves every case.</summary>
    private sealed class OperatorPlatform : IMlPlatformBuilder, IAsyncDisposable
    {
        private readonly TempDirectory _directory = new();
        private readonly FileModelRegistry _registry;
        private ServiceProvider? _provider;

        public OperatorPlatform()
        {
            _registry = TestRegistry.Open(_directory.FullName, new RecordingDiskSync());
            Services.AddSingleton<IModelRegistry>(_registry);
            Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        }

        public IServiceCollection Services { get; } = new ServiceCollection();

        private ModelCatalog Catalog => _provider!.GetRequiredService<ModelCatalog>();

        /// <summary>Publishes every case; what is refused comes back with its reason.</summary>
        public async Task<Dictionary<string, string>> PublishAsync(IEnumerable<OperatorCase> cases)
        {
            var failures = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var operatorCase in cases)
            {
                try
                {
                    await _registry.PublishAsync(NameOf(operatorCase), new ModelPackage { Onnx = operatorCase.Onnx, Output = ModelOutput.Tensors });
                    this.AddModel(NameOf(operatorCase), o => (o.FromVersion(1).PoolSize, o.AliasPollInterval) = (1, TimeSpan.FromDays(1)));
                }
                catch (MlPlatformException e)
                {
                    failures.Add(operatorCase.Name, e.Message);
                }
            }

            return failures;
        }

        public Task OpenAsync()
        {
            _provider = Services.BuildServiceProvider();
            return Catalog.OpenAsync(CancellationToken.None);
        }

        public IModel Model(OperatorCase operatorCase) => Catalog.GetModel(NameOf(operatorCase));

        public async ValueTask DisposeAsync()
        {
            await Catalog.CloseAsync(CancellationToken.None);
            await _provider!.DisposeAsync();
            _directory.Dispose();
        }

#pragma warning disable CA1308 // Names of models are lower case.
        private static string NameOf(OperatorCase operatorCase) => operatorCase.Name.Replace('/', '.').ToLowerInvariant();
#pragma warning restore CA1308
    }
}
