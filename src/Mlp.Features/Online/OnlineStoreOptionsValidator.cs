using System.Globalization;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Hosting;

namespace Mlp.Features.Online;

/// <summary>Checks the settings of the feature store and its online store, one by one and together.</summary>
internal sealed class OnlineStoreOptionsValidator : IValidateOptions<FeatureStoreOptions>
{
    private const int MinimumPages = 8;
    private const long MinimumHotTier = 64 << 10;

    private const string OnlineSection = FeatureStoreOptions.SectionName + ":" + nameof(FeatureStoreOptions.Online);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, FeatureStoreOptions options)
    {
        var failures = SettingsRanges.FindFailures(FeatureStoreOptions.SectionName, options);
        failures.AddRange(Together(options.Online));
        if (options.TemporaryDirectory is { } folder && string.IsNullOrWhiteSpace(folder))
        {
            failures.Add($"{FeatureStoreOptions.SectionName}:{nameof(options.TemporaryDirectory)} must name a folder, or be left out, but is empty.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>Throws for wrong settings.</summary>
    /// <param name="options">The settings.</param>
    /// <exception cref="OptionsValidationException">A setting is wrong.</exception>
    internal static void Check(OnlineStoreOptions options)
    {
        List<string> failures = [.. SettingsRanges.FindFailures(OnlineSection, options), .. Together(options)];
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(OnlineSection, typeof(OnlineStoreOptions), failures);
        }
    }

    private static IEnumerable<string> Together(OnlineStoreOptions? options)
    {
        if (options is null)
        {
            yield break;
        }

        if (options.MemorySize < MinimumPages * options.PageSize)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{OnlineSection}:{nameof(options.MemorySize)} must be at least {MinimumPages * options.PageSize} ({MinimumPages} pages of {options.PageSize} bytes), but is {options.MemorySize}.");
        }

        if (options.HotTierSize is > 0 and < MinimumHotTier)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{OnlineSection}:{nameof(options.HotTierSize)} must be 0 (no hot tier) or at least {MinimumHotTier}, but is {options.HotTierSize}.");
        }

        if (options.SegmentSize < options.PageSize)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{OnlineSection}:{nameof(options.SegmentSize)} must be at least {options.PageSize} (a page), but is {options.SegmentSize}.");
        }
    }
}
