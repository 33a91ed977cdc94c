namespace Mlp.Monitoring.Tests.Reports;

/// <summary>A fact that needs Chromium, skipped where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumFactAttribute : FactAttribute
{
    /// <summary>Creates the attribute.</summary>
    public ChromiumFactAttribute()
    {
        if (Chromium.Find() is null)
        {
            Skip = "The program 'chromium' is not installed on this machine (Debian's package chromium).";
        }
    }
}
