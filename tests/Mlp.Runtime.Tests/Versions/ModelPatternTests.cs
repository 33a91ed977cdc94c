using Microsoft.Extensions.Options;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Versions;

public sealed class ModelPatternTests
{
    [Fact]
    public async Task GetModel_MatchesThePattern_ServesAlsoWhatWasPublishedLater()
    {
        await using var tenants = new TenantPlatform();
        await tenants.PublishAsync(1);
        Assert.Same(tenants[1], tenants[1]);

        await tenants.Platform.Registry.PublishAsync("tenant-2", Package(TestGraphs.Logistic(1), Binary()));
        await tenants.Platform.Registry.SetAliasAsync("tenant-2", "champion", 1, 0);

        tenants.Call(2);
        Assert.Equal(["tenant-1", "tenant-2"], tenants.Platform.Catalog.Models.Select(m => m.Name));
    }

    [Theory]
    [InlineData("tenant-7", "Expected model 'tenant-7', which matches 'tenant-*', in the registry, but found no version of it.")]
    [InlineData("other", "Expected a model that the application has declared by AddModel, but found no 'other'; declared are: 'tenant-*'.")]
    [InlineData("tenant-/../x", "Expected a model that the application has declared by AddModel, but found no 'tenant-/../x'; declared are: 'tenant-*'.")]
    public async Task GetModel_Unknown_SaysWhatThereIs(string name, string message)
    {
        await using var tenants = new TenantPlatform();
        await tenants.PublishAsync(1);

        Assert.Equal(message, Assert.Throws<ModelNotFoundException>(() => tenants.Platform.Catalog.GetModel(name)).Message);
        Assert.Empty(tenants.Platform.Catalog.Models);
    }

    [Fact]
    public async Task AddModel_OfAMatchingName_HasItsOwnSettings()
    {
        await using var tenants = new TenantPlatform(configure: o => o.PoolSize = 1);
        tenants.Platform.AddModel("tenant-1", o => o.PoolSize = 7);
        await tenants.PublishAsync(2);

        Assert.Equal((7, ModelLoading.AtStart), (((Model)tenants[1]).Settings.PoolSize, ((Model)tenants[1]).Settings.Loading));
        Assert.Equal((1, ModelLoading.OnFirstCall), (((Model)tenants[2]).Settings.PoolSize, ((Model)tenants[2]).Settings.Loading));
        Assert.Equal(ModelState.Ready, tenants[1].State);
    }

    [Theory]
    [InlineData("tenant")]
    [InlineData("Tenant-*")]
    [InlineData("*/*")]
    public void AddModels_NoPattern_IsRefused(string pattern)
        => Assert.StartsWith(
            $"Expected a model name in which '*' stands for any characters, but found '{pattern}'.",
            Assert.Throws<ArgumentException>(() => new TestPlatform().AddModels(pattern)).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task AddModels_LoadedAtStart_IsRefused()
    {
        await using var tenants = new TenantPlatform(configure: o => o.Loading = ModelLoading.AtStart);

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => tenants.PublishAsync(1));

        Assert.Contains("Expected models that match 'tenant-*' to be loaded on first call", error.Message, StringComparison.Ordinal);
    }
}
