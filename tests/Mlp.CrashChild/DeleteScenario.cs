using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Mlp.Features;
using Mlp.Runtime.Hosting;

namespace Mlp.CrashChild;

/// <summary>
/// "delete DIRECTORY FIRST": opens the platform as <see cref="PushScenario"/> does and, for one number after the other from FIRST, pushes the row of the number, prints "ack N",
/// deletes the entity of every third number, and prints "deleted N" when it is gone.
/// </summary>
internal sealed class DeleteScenario : ICrashScenario
{
    public string Name => "delete";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(arguments[0])
            .AddFeatures(features => features.Add<PushedNumber>().AddService("numbers", 1, service => service.From<PushedNumber>()));
        builder.Services.Configure<FeatureStoreOptions>(PushScenario.Configure);
        await using var platform = builder.Build();
        await platform.StartAsync();
        var store = platform.Services.GetRequiredService<FeatureStore>();
        acknowledge("start");
        for (var number = long.Parse(arguments[1], CultureInfo.InvariantCulture); ; number++)
        {
            await store.PushAsync(PushedNumber.Create(number));
            acknowledge(FormattableString.Invariant($"ack {number}"));
            if (number % 3 == 0)
            {
                await store.DeleteEntityAsync("pushed_number", new Runtime.Data.EntityValue[] { number % PushedNumber.Entities });
                acknowledge(FormattableString.Invariant($"deleted {number}"));
            }
        }
    }
}
