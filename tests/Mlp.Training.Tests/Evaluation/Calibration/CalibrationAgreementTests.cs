using Mlp.TestSupport;
using Mlp.Training.Evaluation.Calibration;

namespace Mlp.Training.Tests.Evaluation.Calibration;

/// <summary>The fitted functions against scikit-learn's on the same rows.</summary>
public sealed class CalibrationAgreementTests
{
    [ScikitLearnFact]
    public void Platt_OnLogOdds_IsScikitLearnsSigmoidCalibration()
    {
        var (scores, labels) = CalibrationScores.Overconfident(1500, seed: 11);
        var weights = Enumerable.Range(0, 1500).Select(i => 0.5f + (i % 4)).ToArray();
        var odds = LogOdds.Of(scores);

        var parameters = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels, weights)).Parameters;

        // Their optimiser stops at a gradient of 1e-5 of the summed loss.
        var theirs = ScikitLearn.Run(
            "from sklearn.calibration import _SigmoidCalibration\nc = _SigmoidCalibration().fit(z, y, w)\nout['a'] = c.a_\nout['b'] = c.b_",
            ("z", odds.Select(z => (double)z)), ("y", labels.Select(l => (double)l)), ("w", weights.Select(w => (double)w)));
        Assert.Equal(-theirs["a"][0], parameters["slope"], 1e-5);
        Assert.Equal(-theirs["b"][0], parameters["intercept"], 1e-5);
    }

    [ScikitLearnFact]
    public void Isotonic_OnLogOdds_IsScikitLearnsIsotonicRegression()
    {
        // Few rows with many ties, so that the function is gentle enough to be taken as it is.
        var random = new Random(12);
        float[] scores = [.. Enumerable.Range(0, 300).Select(_ => (random.Next(12) + 1) / 14f)];
        int[] labels = [.. scores.Select(s => random.NextDouble() < s * s ? 1 : 0)];
        float[] weights = [.. scores.Select((_, i) => 1f + (i % 3))];
        var odds = LogOdds.Of(scores);
        float[] asked = [.. Enumerable.Range(-40, 81).Select(i => i / 10f), .. odds];

        var calibration = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels, weights), new() { Method = CalibrationMethod.Isotonic });
        var ours = new float[asked.Length];
        calibration.Calibrator.Apply(asked, ours);

        var script = $"from sklearn.isotonic import IsotonicRegression\nr = IsotonicRegression(out_of_bounds='clip').fit(z, y, w)\nout['p'] = r.predict(np.array([{string.Join(',', asked.Select(a => a.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))}]))";
        var theirs = ScikitLearn.Run(script, ("z", odds.Select(z => (double)z)), ("y", labels.Select(l => (double)l)), ("w", weights.Select(w => (double)w)))["p"];
        Assert.Equal(theirs.Length, ours.Length);
        for (var i = 0; i < ours.Length; i++)
        {
            Assert.Equal(theirs[i], ours[i], 1e-6);
        }
    }

    [ScikitLearnFact]
    public void Quality_OfTwoClasses_IsScikitLearns()
    {
        var (scores, labels) = CalibrationScores.Overconfident(900, seed: 13);

        // A score on the edge of two bins is of the upper one here and of the lower one there; only 0.5 is on one.
        scores = Array.ConvertAll(scores, s => s == 0.5f ? 0.501f : s);

        var before = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels)).Before;

        var theirs = ScikitLearn.Run(
            """
            from sklearn.metrics import log_loss, brier_score_loss
            from sklearn.calibration import calibration_curve
            out['loss'] = log_loss(y, p)
            out['brier'] = brier_score_loss(y, p)
            happened, said = calibration_curve(y, p, n_bins=10)
            n = np.histogram(p, bins=np.linspace(0, 1, 11))[0]
            out['ece'] = np.sum(n[n > 0] / len(p) * np.abs(happened - said))
            """,
            ("p", scores.Select(s => (double)s)), ("y", labels.Select(l => (double)l)));
        Assert.Equal(theirs["loss"][0], before.LogLoss, 9);
        Assert.Equal(theirs["brier"][0], before.Brier, 9);
        Assert.Equal(theirs["ece"][0], before.ExpectedCalibrationError, 9);
    }

    [ScikitLearnFact]
    public void TemperatureAndVector_AreTheMinimaThatScipyFinds()
    {
        var (scores, labels) = CalibrationScores.Sharp(800, seed: 14, shift: 0.6);

        var temperature = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = CalibrationMethod.Temperature }).Parameters;
        var vector = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = CalibrationMethod.Vector }).Parameters;

        var theirs = ScikitLearn.Run(
            """
            from scipy.optimize import minimize
            from scipy.special import log_softmax
            z = np.log(np.stack([p0, p1, p2], 1)); t = y.astype(int); r = np.arange(len(t))
            nll = lambda logits: -log_softmax(logits, axis=1)[r, t].mean()
            out['t'] = 1 / minimize(lambda b: nll(z * b[0]), [1.0], tol=1e-12).x
            f = lambda v: nll(z * v[:3] + v[3:]) + 0.5 * (np.sum((v[:3] - 1) ** 2) + np.sum(v[3:] ** 2)) / len(t)
            out['v'] = minimize(f, np.r_[np.ones(3), np.zeros(3)], tol=1e-12).x
            """,
            ("p0", Column(0)), ("p1", Column(1)), ("p2", Column(2)), ("y", labels.Select(l => (double)l)));
        Assert.Equal(theirs["t"][0], temperature["temperature"], 1e-4);
        for (var c = 0; c < 3; c++)
        {
            Assert.Equal(theirs["v"][c], vector[$"factor_{c}"], 1e-4);
            Assert.Equal(theirs["v"][3 + c], vector[$"offset_{c}"], 1e-4);
        }

        IEnumerable<double> Column(int c) => scores.Where((_, i) => i % 3 == c).Select(s => (double)s);
    }

    [ScikitLearnFact]
    public void Beta_IsTheMinimumThatScipyFinds()
    {
        var (scores, labels) = CalibrationScores.Overconfident(1200, seed: 15);
        var odds = LogOdds.Of(scores);

        var parameters = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = CalibrationMethod.Beta }).Parameters;

        var theirs = ScikitLearn.Run(
            """
            from scipy.optimize import minimize
            n1 = y.sum(); n0 = len(y) - n1
            t = np.where(y == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
            u, v = -np.logaddexp(0, -z), np.logaddexp(0, z)
            def f(q):
                l = q[0] * u + q[1] * v + q[2]
                return np.mean(np.logaddexp(0, l) - t * l)
            out['q'] = minimize(f, [1.0, 1.0, 0.0], tol=1e-12, bounds=[(0, None), (0, None), (None, None)]).x
            """,
            ("z", odds.Select(z => (double)z)), ("y", labels.Select(l => (double)l)));
        Assert.Equal(theirs["q"][0], parameters["a"], 2e-3);
        Assert.Equal(theirs["q"][1], parameters["b"], 2e-3);
        Assert.Equal(theirs["q"][2], parameters["c"], 2e-3);
    }
}
