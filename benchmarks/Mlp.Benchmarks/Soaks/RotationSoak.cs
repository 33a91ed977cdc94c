using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;

namespace Mlp.Benchmarks.Soaks;

/// <summary>
/// <c>rotation-soak --models 200 --loaded 20 --rotations 10000 --width 64</c>: calls many models in turn, of which few are loaded. Every call that finds its model unloaded is a rotation: one model is
/// unloaded, another one loaded. Every call must be answered by the model that was asked, never may more be loaded, and memory must not grow.
/// </summary>
internal static class RotationSoak
{
    private const int Features = 8;

    /// <summary>Runs it.</summary>
    /// <param name="arguments">The options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(SoakArguments arguments)
    {
        var (models, loaded, rotations) = (arguments.Get("models", 200), arguments.Get("loaded", 20), arguments.Get("rotations", 10_000));
        var folder = Directory.CreateTempSubdirectory("mlp-soak-");
        try
        {
            await using var platform = MlPlatform.CreateBuilder()
                .UseDataDirectory(folder.FullName)
                .AddModels("tenant-*", o => o.PoolSize = 2)
                .LimitLoadedModels(loaded)
                .Build();
            await platform.StartAsync();
            for (var model = 0; model < models; model++)
            {
                var manifest = await platform.Registry.PublishAsync(Name(model), SoakModels.Constant(model, Features, arguments.Get("width", 64)));
                await platform.Registry.SetAliasAsync(Name(model), "champion", manifest.Version, 0);
            }

            return await RotateAsync(platform, models, loaded, rotations);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<int> RotateAsync(MlPlatform platform, int models, int loaded, int rotations)
    {
        var random = new Random(20_261_128);
        var row = new float[Features];
        var report = new SoakReport("rotations", rotations);
        var served = Enumerable.Range(0, models).Select(m => platform.GetModel(Name(m))).ToList();
        var (calls, failures, most) = (0L, 0L, 0);
        for (var rotation = 0; rotation < rotations;)
        {
            var number = random.Next(models);
            var model = served[number];
            var isLoad = model.State != ModelState.Ready;
            try
            {
                // The first call of some is a wait without a thread.
                if (isLoad && rotation % 2 == 0)
                {
                    await model.WaitUntilReadyAsync();
                }

                failures += model.Predict(row).Score == number ? 0 : 1;
            }
            catch (Exception e)
            {
                Console.WriteLine(e);
                failures++;
            }

            calls++;
            if (isLoad)
            {
                most = Math.Max(most, served.Count(m => m.State == ModelState.Ready));
                if (report.IsDue(++rotation))
                {
                    report.Progress(rotation, calls, failures);
                }
            }
        }

        return report.Judge(calls, failures, most > loaded ? FormattableString.Invariant($"{most} models were loaded at once") : null);
    }

    private static string Name(int model) => FormattableString.Invariant($"tenant-{model}");
}
