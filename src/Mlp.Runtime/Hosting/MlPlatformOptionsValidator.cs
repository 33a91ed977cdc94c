using System.Globalization;
using Microsoft.Extensions.Options;

namespace Mlp.Runtime.Hosting;

/// <summary>Checks the settings at start; each failure names the setting, its value and what is allowed.</summary>
internal sealed class MlPlatformOptionsValidator : IValidateOptions<MlPlatformOptions>
{
    private const int MaximumThreadCount = 1024;

    private static readonly TimeSpan MaximumOwnerWait = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, MlPlatformOptions options)
    {
        var failures = new List<string>();
        if (string.IsNullOrWhiteSpace(options.DataDirectory))
        {
            failures.Add($"{Setting(nameof(options.DataDirectory))} must be a path, but is empty.");
        }
        else if (options.DataDirectory.Contains('\0', StringComparison.Ordinal))
        {
            failures.Add($"{Setting(nameof(options.DataDirectory))} must be a path, but contains a null character.");
        }

        if (!Enum.IsDefined(options.Mode))
        {
            failures.Add($"{Setting(nameof(options.Mode))} must be {string.Join(" or ", Enum.GetNames<MlPlatformMode>())}, but is {options.Mode}.");
        }

        if (options.OwnerWait < TimeSpan.Zero || options.OwnerWait > MaximumOwnerWait)
        {
            failures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{Setting(nameof(options.OwnerWait))} must be between 00:00:00 and {MaximumOwnerWait:c}, but is {options.OwnerWait:c}."));
        }

        if (options.MaximumLoadedModels < 1)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Setting(nameof(options.MaximumLoadedModels))} must be at least 1, but is {options.MaximumLoadedModels}."));
        }

        if (options.SharedThreadCount is < 1 or > MaximumThreadCount)
        {
            failures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{Setting(nameof(options.SharedThreadCount))} must be between 1 and {MaximumThreadCount}, but is {options.SharedThreadCount}."));
        }
        else if (options.SharedThreadsSpin && options.SharedThreadCount is null)
        {
            failures.Add($"{Setting(nameof(options.SharedThreadsSpin))} must be false without {Setting(nameof(options.SharedThreadCount))}, but is true: there are no threads to spin.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static string Setting(string property) => $"{MlPlatformOptions.SectionName}:{property}";
}
