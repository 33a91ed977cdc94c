using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.CrashChild;

/// <summary>
/// "shared-threads DATADIRECTORY MODEL first|late|other": serves a model of one feature with a pool of three threads that all models share, and prints whether threads of the pool worked for it. "late" uses ONNX Runtime before, "other"
/// has another pool before; both print what the start says. In a process of its own, because the pool belongs to the process.
/// </summary>
internal sealed class SharedThreadsScenario : ICrashScenario
{
    public string Name => "shared-threads";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var before = Threads();
        switch (arguments[2])
        {
            case "late":
                OrtEnv.Instance();
                break;
            case "other":
                EngineThreads.Share(2, spin: true);
                break;
            default:
                EngineThreads.Share(3, spin: false);
                break;
        }

        var pool = Threads().Except(before).ToList();
        await using var ml = MlPlatform.CreateBuilder().UseDataDirectory(arguments[0]).UseSharedThreadPool(3).AddModel(arguments[1]).Build();
        try
        {
            await ml.StartAsync();
        }
        catch (EngineInUseException e)
        {
            acknowledge(e.Message);
            return;
        }

        acknowledge(HasWorked(ml.GetModel(arguments[1]), pool) ? "the pool has worked" : "the pool has not worked");
    }

    private static bool HasWorked(IModel model, List<string> pool)
    {
        var rows = new FeatureRows(model.Description!.Layout, 256);
        rows.Reset(256);
        rows.Status.Fill(FeatureStatus.Present);
        rows.Float32.Fill(1);
        for (var i = 0; i < 2_000; i++)
        {
            model.Predict(rows, new Prediction[256]);

            // The caller is the third; ONNX Runtime may have made others that are no workers.
            if (pool.Count(t => ProcessorTicks(t) > 0) >= 2)
            {
                return true;
            }
        }

        return false;
    }

    private static List<string> Threads() => [.. Directory.GetDirectories("/proc/self/task").Select(d => Path.GetFileName(d)!)];

    /// <summary>Time in user mode and in the kernel, in ticks: fields 14 and 15 of the line, counted behind the name in brackets.</summary>
    private static long ProcessorTicks(string thread)
    {
        var line = File.ReadAllText($"/proc/self/task/{thread}/stat");
        var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }
}
