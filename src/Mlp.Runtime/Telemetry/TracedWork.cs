using System.Diagnostics;

namespace Mlp.Runtime.Telemetry;

/// <summary>Work inside a span, which says how it ended. Without a listener there is no span, and the work runs alone.</summary>
internal static class TracedWork
{
    /// <summary>Runs work.</summary>
    /// <typeparam name="T">What it makes.</typeparam>
    /// <param name="start">Begins the span, null where nobody listens; called in here, so that the span does not become current for the caller.</param>
    /// <param name="work">The work.</param>
    /// <param name="describe">Tells the span what came of it.</param>
    public static async Task<T> RunAsync<T>(Func<Activity?> start, Func<Task<T>> work, Action<Activity, T> describe)
    {
        using (var span = start())
        {
            try
            {
                var result = await work().ConfigureAwait(false);
                if (span is not null)
                {
                    describe(span, result);
                }

                return result;
            }
            catch (Exception e)
            {
                Fail(span, e);
                throw;
            }
        }
    }

    /// <summary>Runs work that holds its thread.</summary>
    /// <typeparam name="T">What it makes.</typeparam>
    /// <param name="span">The span, which ends here; null where nobody listens.</param>
    /// <param name="work">The work.</param>
    /// <param name="describe">Tells the span what came of it.</param>
    public static T Run<T>(Activity? span, Func<T> work, Action<Activity, T> describe)
    {
        using (span)
        {
            try
            {
                var result = work();
                if (span is not null)
                {
                    describe(span, result);
                }

                return result;
            }
            catch (Exception e)
            {
                Fail(span, e);
                throw;
            }
        }
    }

    /// <summary>Marks a span as failed. Work that was called off is no failure.</summary>
    /// <param name="span">The span; null where nobody listens.</param>
    /// <param name="failure">Why. Messages of the platform hold no values of features.</param>
    public static void Fail(Activity? span, Exception failure)
    {
        if (span is not null && failure is not OperationCanceledException)
        {
            span.SetTag("error.type", failure.GetType().FullName);
            span.SetStatus(ActivityStatusCode.Error, failure.Message);
        }
    }
}
