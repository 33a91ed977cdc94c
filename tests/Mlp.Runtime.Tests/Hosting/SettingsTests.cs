using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Hosting;

public sealed class SettingsTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("MlPlatform:Models:dessert:PoolSize", "0", "MlPlatform:Models:dessert:PoolSize must be between 1 and 4096, but is 0.")]
    [InlineData("MlPlatform:Models:dessert:PoolSize", "many", "MlPlatform:Models:dessert:PoolSize must be a whole number, but is 'many'.")]
    [InlineData("MlPlatform:Models:dessert:PoolSize", "99999999999", "MlPlatform:Models:dessert:PoolSize must be between 1 and 4096, but is 99999999999.")]
    [InlineData("MlPlatform:Models:dessert:poolsize", "1.5", "MlPlatform:Models:dessert:PoolSize must be a whole number, but is '1.5'.")]
    [InlineData("MlPlatform:Models:dessert:PoolSize:Of", "1", "MlPlatform:Models:dessert:PoolSize must be a whole number, but is a section.")]
    [InlineData("MlPlatform:Models:dessert:PolSize", "4", "MlPlatform:Models:dessert:PolSize is no setting; the closest is 'PoolSize'.")]
    [InlineData("MlPlatform:Models:dessert:Version", "0", "MlPlatform:Models:dessert:Version must be at least 1, but is 0.")]
    [InlineData("MlPlatform:Models:dessert:Alias", "", "MlPlatform:Models:dessert:Alias must name an alias where neither Version nor Latest says which version to serve, but is empty.")]
    [InlineData("MlPlatform:Models:dessert:AliasPollInterval", "1.00:00:01", "MlPlatform:Models:dessert:AliasPollInterval must be between 00:00:00.0100000 and 1.00:00:00, but is 1.00:00:01.")]
    [InlineData("MlPlatform:Models:dessert:Nulls", "NaN", "MlPlatform:Models:dessert:Nulls must be a section, but is 'NaN'.")]
    [InlineData("MlPlatform:Models:dessert:Nulls:Features:bill:Vale", "1", "MlPlatform:Models:dessert:Nulls:Features:bill:Vale is no setting; the closest is 'Value'.")]
    [InlineData("MlPlatform:Models:dessert:Alias", "Nope!", "MlPlatform:Models:dessert:Alias must be 1 to 100 lower-case letters a to z, digits, '-', '_' and '.', with a letter or digit first and no '.' last, but is 'Nope!'.")]
    [InlineData("MlPlatform:Models:dessert", "fast", "MlPlatform:Models:dessert must be a section, but is 'fast'.")]
    [InlineData("MlPlatform:Models:dessert:PoolSize", null, "MlPlatform:Models:dessert:PoolSize must be a whole number, but is null.")]
    [InlineData("MlPlatform:Models:dessert:Kernels", "1", "MlPlatform:Models:dessert:Kernels must be Auto or Strict or Off, but is '1'.")]
    [InlineData("MlPlatform:Models:dessert:Route:Challengers:next:Alias", "nope", "MlPlatform:Models:dessert:Route:Challengers:next:Share must be between 0 and 1 in steps of 0.0001, but is empty.")]
    [InlineData("MlPlatform:Models:dessert:Nulls:Features:bill:Policy", "Value", "MlPlatform:Models:dessert:Nulls:Features:bill:Value must be what stands for null, since Policy is Value, but is empty.")]
    [InlineData("MlPlatform:Mode", "Writer", "MlPlatform:Mode must be Owner or Reader, but is 'Writer'.")]
    [InlineData("MlPlatform:OwnerWait", "long", "MlPlatform:OwnerWait must be a time span such as 00:00:30, but is 'long'.")]
    [InlineData("MlPlatform:DataDirectry", "x", "MlPlatform:DataDirectry is no setting; the closest is 'DataDirectory'.")]
    public async Task StartAsync_WrongSetting_IsRefusedByPathValueAndRange(string setting, string? value, string expected)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(new() { [setting] = value }));

        Assert.Equal([expected], error.Failures);
        Assert.False(Directory.Exists(_temp.Combine("data")));
    }

    [Fact]
    public async Task StartAsync_SeveralWrongSettings_NamesThemAll()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(new()
        {
            ["MlPlatform:Models:dessert:PoolSize"] = "many",
            ["MlPlatform:Models:dessert:MaximumQueueLength"] = "-",
        }));

        Assert.Equal(2, error.Failures.Count());
    }

    [Fact]
    public async Task StartAsync_SettingsOfAnUndeclaredModel_AreAWarning()
    {
        var lines = new Lines();

        await StartAsync(new() { ["MlPlatform:Models:desert:PoolSize"] = "4", ["MlPlatform:Training:Network:Seed"] = "1" }, lines);

        Assert.Equal(
            "The settings 'MlPlatform:Models:desert' are for a model that this application has not declared by AddModel and have no effect; the closest is 'dessert'.",
            Assert.Single(lines.Warnings, l => l.Contains("settings", StringComparison.Ordinal)));
    }

    private async Task StartAsync(Dictionary<string, string?> settings, ILoggerProvider? log = null)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("data")).AddModel("dessert");
        builder.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        builder.Services.AddLogging(l =>
        {
            if (log is not null)
            {
                l.AddProvider(log);
            }
        });
        await using var platform = builder.Build();
        await platform.StartAsync();
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public List<string> Warnings { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
            {
                lock (Warnings)
                {
                    Warnings.Add(formatter(state, exception));
                }
            }
        }

        public void Dispose()
        {
        }
    }
}
