using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;

namespace Mlp.CrashChild;

/// <summary>
/// "registry DATADIRECTORY ONNXFILE PUBLISHERS": publishes versions of model "tips" from several tasks at once and moves the alias "champion" to each, for ever.
/// Prints "version N" for each acknowledged version and "alias REVISION N" for each acknowledged move.
/// </summary>
internal sealed class RegistryScenario : ICrashScenario
{
    public string Name => "registry";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var directory = new DataDirectory(arguments[0], MlPlatformMode.Owner);
        var registry = new FileModelRegistry(directory, TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        var onnx = await File.ReadAllBytesAsync(arguments[1]);
        var publishers = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        await Task.WhenAll(Enumerable.Range(0, publishers).Select(_ => Task.Run(PublishForEverAsync)));

        async Task PublishForEverAsync()
        {
            for (var round = 0; ; round++)
            {
                // Other profile bytes each time, so that files are written and not only found.
                var profile = System.Text.Encoding.UTF8.GetBytes($$"""{"format":"mlp-reference-profile","formatVersion":1,"rowCount":0,"features":[],"id":"{{Guid.NewGuid()}}"}""");
                var package = new ModelPackage
                {
                    Onnx = onnx,
                    Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
                    ReferenceProfile = profile,
                };
                var manifest = await registry.PublishAsync("tips", package);
                acknowledge(FormattableString.Invariant($"version {manifest.Version}"));
                await MoveAsync(manifest.Version);
            }
        }

        async Task MoveAsync(int version)
        {
            try
            {
                var seen = registry.FindAlias("tips", "champion")?.Revision ?? 0;
                var moved = await registry.SetAliasAsync("tips", "champion", version, seen);
                acknowledge(FormattableString.Invariant($"alias {moved.Revision} {version}"));
            }
            catch (AliasConflictException)
            {
                // Another task was faster.
            }
        }
    }
}
