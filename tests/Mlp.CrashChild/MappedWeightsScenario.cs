using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;

namespace Mlp.CrashChild;

/// <summary>
/// "mapped-weights DATADIRECTORY ONNXFILE WIDTH Resident|Mapped": publishes a model that answers a row of WIDTH threes by 3, makes four sessions of it, runs each, and prints by how many bytes the anonymous memory of
/// the process grew. In a process of its own, because what other tests allocate would be counted too.
/// </summary>
internal sealed class MappedWeightsScenario : ICrashScenario
{
    public string Name => "mapped-weights";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var registry = new FileModelRegistry(new DataDirectory(arguments[0], MlPlatformMode.Owner), TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        var width = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        var weights = Enum.Parse<WeightStorage>(arguments[3]);
        var output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" };
        var manifest = await registry.PublishAsync("m", ModelPackage.FromFile(arguments[1], output));

        // The first session initializes the engine; it is not what is measured.
        await RunAsync(registry, manifest, width, weights);
        var before = Anonymous();
        var sessions = new List<ExecutionSession>();
        for (var i = 0; i < 4; i++)
        {
            sessions.Add(await RunAsync(registry, manifest, width, weights));
        }

        acknowledge((Anonymous() - before).ToString(CultureInfo.InvariantCulture));
        sessions.ForEach(s => s.Release());
    }

    private static async Task<ExecutionSession> RunAsync(FileModelRegistry registry, ModelManifest manifest, int width, WeightStorage weights)
    {
        var session = ExecutionSession.Create(manifest, await registry.OpenOnnxAsync(manifest, weights), AcceleratorChoice.Cpu);
        var row = new float[width];
        Array.Fill(row, 3);
        using var input = OrtValue.CreateTensorValueFromMemory(row, [1, width]);
        using var binding = session.CreateBinding();
        using var options = new RunOptions();
        binding.BindInput("x", input);
        binding.BindOutputToDevice("score", OrtMemoryInfo.DefaultInstance);
        using var outputs = session.RunForOutputs(options, binding);
        var score = outputs[0].GetTensorDataAsSpan<float>()[0];
        return Math.Abs(score - 3) < 1e-3 ? session : throw new InvalidOperationException("The model answers wrongly.");
    }

    private static long Anonymous()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
