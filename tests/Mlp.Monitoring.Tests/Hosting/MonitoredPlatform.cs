using Microsoft.Extensions.DependencyInjection;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Tests.Drift;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Hosting;

/// <summary>A platform with monitoring and one model, in a folder of its own.</summary>
public abstract class MonitoredPlatform : IDisposable
{
    private protected TempDirectory Folder { get; } = new();
    private protected ProfileRegistry Profiles { get; } = new("tips");

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Folder.Dispose();
    }

    private protected MlPlatform Build(Action<MonitoringBuilder> configure)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(Folder.FullName).AddMonitoring(configure);
        builder.Services.AddSingleton<IModelRegistry>(Profiles);
        Declare(builder.Services);
        return builder.Build();
    }

    /// <summary>As AddModel does, but without the models: their versions are attached by the test.</summary>
    private protected static void Declare(IServiceCollection services)
    {
        services.AddSingleton(new ModelDeclaration("tips"));
        services.AddSingleton(new ModelDeclaration("other"));
    }
}
